// The same by hand on `pg`: read 100, insert 100 with their inbox marks, commit; fenced, and each event once. What a
// framework adds (contracts, retries of single events, parking, deadlines, traces, metrics) isn't here. It was written
// once and isn't changed when the framework changes.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { answerRunner } from '../harness/answer-runner.ts'

const PAGE = 100
const SUBSCRIPTION = 'write-lines'
/**
 * `rows`: one handler after the other, each awaited, so that it may read what the one before it wrote. `pipeline`: no row
 * waits for another's answer. `statement`: all rows of a page in one.
 */
const WAY = process.env['BENCH_WAY'] ?? 'rows'

interface LoggedEvent {
  readonly position: string
  readonly data: { readonly id: string; readonly account: string; readonly amount: number }
}

// With `pipeline` statements are sent without waiting for each other's answers.
const client = new Client({ connectionString: process.env['BENCH_DATABASE_URL'], pipeline: true })
await client.connect()
await client.query(await readFile(new URL('by-hand.sql', import.meta.url), 'utf8'))

let running: Promise<void> | undefined
let stopped = false

async function catchUp(): Promise<void> {
  const owned = await client.query<{ fence: string; position: string }>(
    'update statements.subscriptions set fence = fence + 1 where name = $1 returning fence, position',
    [SUBSCRIPTION],
  )
  const { fence, position } = owned.rows[0] ?? { fence: '', position: '0' }
  let done = BigInt(position)
  while (!stopped) {
    const { rows } = await client.query<LoggedEvent>({
      name: 'take',
      text: `select position, data from bus.log where position > $1 and type = 'ledger.entryAdded.v1' order by position limit ${PAGE}`,
      values: [done],
    })
    const last = rows.at(-1)
    if (last === undefined) {
      await sleep(50)
      continue
    }
    done = BigInt(last.position)
    await (WAY === 'statement' ? handleInOneStatement : handleRows)(rows, fence, done)
  }
}

/** First the fence and what is known of the page; then the rows, the marks and the commit. */
async function handleRows(events: readonly LoggedEvent[], fence: string, last: bigint): Promise<void> {
  const positions = events.map(({ position }) => position)
  const [, owned, known] = await Promise.all([
    client.query('begin isolation level read committed'),
    client.query({
      name: 'own',
      text: 'select from statements.subscriptions where name = $1 and fence = $2 for no key update',
      values: [SUBSCRIPTION, fence],
    }),
    client.query<{ position: string }>({
      name: 'known',
      text: 'select position from statements.inbox where subscription = $1 and position = any ($2)',
      values: [SUBSCRIPTION, positions],
    }),
  ])
  if (owned.rowCount !== 1) throw new Error('another process owns the subscription')
  const handled = new Set(known.rows.map(({ position }) => position))
  const fresh = events.filter(({ position }) => !handled.has(position))
  const lines: Promise<unknown>[] = []
  for (const { data } of fresh) {
    const line = client.query({
      name: 'line',
      text: 'insert into statements.lines (entry_id, account, amount) values ($1, $2, $3)',
      values: [data.id, data.account, data.amount],
    })
    lines.push(line)
    if (WAY === 'rows') await line
  }
  const marks = client.query({
    name: 'marks',
    text: 'insert into statements.inbox (subscription, position) select $1, unnest($2::bigint[])',
    values: [SUBSCRIPTION, fresh.map(({ position }) => position)],
  })
  const progress = client.query({
    name: 'progress',
    text: 'update statements.subscriptions set position = $2 where name = $1',
    values: [SUBSCRIPTION, last],
  })
  const [commit] = await Promise.all([client.query('commit'), marks, progress, ...lines])
  if (commit.command !== 'COMMIT') throw new Error('not committed')
}

/** Marks, rows and progress in one statement, which is the whole transaction: no handler could be called for each event. */
async function handleInOneStatement(
  events: readonly LoggedEvent[],
  fence: string,
  last: bigint,
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'page',
    text: `with owned as (
        update statements.subscriptions set position = $2 where name = $1 and fence = $3 returning name
      ), fresh as (
        insert into statements.inbox (subscription, position)
        select owned.name, e.position from owned, unnest($4::bigint[]) as e (position)
        on conflict do nothing returning position
      ), effect as (
        insert into statements.lines (entry_id, account, amount)
        select e.id, e.account, e.amount
          from unnest($4::bigint[], $5::uuid[], $6::text[], $7::bigint[]) as e (position, id, account, amount)
          join fresh using (position) order by e.position
      )
      select name from owned`,
    values: [
      SUBSCRIPTION,
      last,
      fence,
      events.map(({ position }) => position),
      events.map(({ data }) => data.id),
      events.map(({ data }) => data.account),
      events.map(({ data }) => data.amount),
    ],
  })
  if (rowCount !== 1) throw new Error('another process owns the subscription')
}

async function away(): Promise<void> {
  stopped = true
  await running
}

answerRunner(
  {
    open: () => {
      stopped = false
      running = catchUp()
      return Date.now()
    },
    away,
  },
  async () => {
    await away()
    await client.end()
  },
)
