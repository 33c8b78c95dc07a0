// The same command and the same reader of its events as by-hand.ts, as a user of Archipel writes them.
import { application, command, contract, event, gateway, service, sql, startApplication } from 'archipel'
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
  operations: {
    addEntry: command({
      http: { route: 'POST /entries', status: 201 },
      access: 'public',
      input: z.object({ account: z.string().min(1).max(40), amount: z.int(), note: z.string().max(200) }),
      output: Entry,
    }),
  },
  events: { entryAdded: event({ data: Entry, key: 'account', version: 1 }) },
})

const ledgerService = service(ledger, {
  database: { migrations: new URL('./ledger-migrations/', import.meta.url) },
}).operation('addEntry', async ({ account, amount, note }, { db, publish, id, now }) => {
  const entry = { id: id(), account, amount, addedAt: now() }
  await db.run(
    sql`insert into entries (id, account, amount, note, added_at) values (${entry.id}, ${account}, ${amount}, ${note}, ${entry.addedAt})`,
  )
  publish.entryAdded(entry)
  return entry
})

const statements = contract('statements', { version: '1.0.0', operations: {}, events: {} })

const statementsService = service(statements, {
  database: { migrations: new URL('./statements-migrations/', import.meta.url) },
}).on(ledger.events.entryAdded, { name: 'write-lines', from: 'start' }, ({ data }, { db }) =>
  db.run(
    sql`insert into lines (entry_id, account, amount) values (${data.id}, ${data.account}, ${data.amount})`,
  ),
)

const running = await startApplication(
  application('benchcommand', { services: [ledgerService, statementsService], gateway: gateway() }),
  {
    dataFolder: process.env['BENCH_DATA'] ?? '',
    databaseUrl: process.env['BENCH_DATABASE_URL'] ?? '',
    port: 0,
  },
)

answerRunner({ url: () => `${running.url}/api/v1/entries` }, () => running.stop())
