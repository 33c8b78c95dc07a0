// A subscription that writes a row for each event, as a user of Archipel writes it: event by event, or page by page.
import { application, contract, event, service, sql, startApplication } from 'archipel'
import { z } from 'zod'
import { answerRunner } from '../harness/answer-runner.ts'

const Entry = z.object({
  id: z.uuid(),
  account: z.string().min(1).max(40),
  amount: z.int(),
  addedAt: z.iso.datetime(),
})

const ledger = contract('ledger', {
  version: '1.0.0',
  operations: {},
  events: { entryAdded: event({ data: Entry, key: 'account', version: 1 }) },
})

const statements = contract('statements', { version: '1.0.0', operations: {}, events: {} })

const subscription = { name: 'write-lines', from: 'start' } as const
const empty = service(statements, {
  database: { migrations: new URL('./lines-migrations/', import.meta.url) },
})

/** One handler after the other. */
const eventByEvent = empty.on(ledger.events.entryAdded, subscription, ({ data }, { db }) =>
  db.run(
    sql`insert into lines (entry_id, account, amount) values (${data.id}, ${data.account}, ${data.amount})`,
  ),
)

/** All rows of a page in one statement. */
const inPages = empty.onPage(ledger.events.entryAdded, subscription, (events, { db }) =>
  db.run(
    sql`insert into lines (entry_id, account, amount) select * from unnest(${events.map(({ data }) => data.id)}::uuid[],
      ${events.map(({ data }) => data.account)}::text[], ${events.map(({ data }) => data.amount)}::bigint[])`,
  ),
)

const statementsService = process.env['BENCH_WAY'] === 'page' ? inPages : eventByEvent
const start = () =>
  startApplication(application('benchcatchup', { services: [service(ledger, {}), statementsService] }), {
    dataFolder: process.env['BENCH_DATA'] ?? '',
    databaseUrl: process.env['BENCH_DATABASE_URL'] ?? '',
    port: 0,
  })

let running: Awaited<ReturnType<typeof start>> | undefined

answerRunner(
  {
    /** @returns when it began to look, in milliseconds since 1970: its start isn't measured here. */
    open: async () => {
      running = await start()
      return Date.now()
    },
    away: async () => {
      await running?.stop()
      running = undefined
    },
  },
  () => running?.stop(),
)
