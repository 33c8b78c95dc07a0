import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { WRITERS_LOCK } from './by-hand-command.ts'

const PAGE = 100
const IDLE_MS = 250
const SUBSCRIPTION = 'write-lines'

interface LoggedEvent {
  readonly position: string
  readonly data: { readonly id: string; readonly account: string; readonly amount: number }
}

export interface Consumer {
  /** There may be something new. */
  kick(): void
  stop(): Promise<void>
}

/**
 * Handles every event of the log once, in order, in pages; owns the subscription by a fencing number that stands in the
 * row which each page updates. A page that fails is repeated as a whole.
 */
export async function startConsumer(client: Client): Promise<Consumer> {
  const { fence, position } = await own(client)
  let wake = Promise.withResolvers<void>()
  let stopped = false
  const running = (async () => {
    let done = position
    while (!stopped) {
      const before = done
      wake = Promise.withResolvers()
      done = await advance(client, fence, done).catch(async (failure: unknown) => {
        if (failure instanceof OwnershipLost) throw failure
        await sleep(IDLE_MS)
        return before
      })
      if (done === before && !stopped) await Promise.race([wake.promise, sleep(IDLE_MS)])
    }
  })()
  return {
    kick: () => wake.resolve(),
    stop: async () => {
      stopped = true
      wake.resolve()
      await running
    },
  }
}

class OwnershipLost extends Error {}

async function own(client: Client): Promise<{ fence: string; position: bigint }> {
  const { rows } = await client.query<{ fence: string; position: string }>(
    'update statements.subscriptions set fence = fence + 1 where name = $1 returning fence, position',
    [SUBSCRIPTION],
  )
  const row = rows[0]
  if (!row) throw new Error('no such subscription')
  return { fence: row.fence, position: BigInt(row.position) }
}

/** Handles what is settled after `done`, page by page. @returns how far it came. */
async function advance(client: Client, fence: string, done: bigint): Promise<bigint> {
  const mark = await settledMark(client)
  while (done < mark) {
    const { rows } = await client.query<LoggedEvent>({
      name: 'take',
      text: `select position, data from bus.log where position > $1 and position <= $2 and type = 'ledger.entryAdded.v1' order by position limit ${PAGE}`,
      values: [done, mark],
    })
    // Numbers of transactions that were rolled back have no rows.
    const last = rows.length < PAGE ? mark : BigInt(rows.at(-1)?.position ?? mark)
    if (rows.length > 0) await handle(client, fence, rows, last)
    done = last
  }
  return done
}

/**
 * The position below which nothing can appear any more: the last one drawn, once everybody who held the writers' lock
 * after it was read has ended. The reader never takes the lock: it would hold back every new writer.
 */
async function settledMark(client: Client): Promise<bigint> {
  const [drawn, first] = await Promise.all([
    client.query<{ last: string }>({
      name: 'drawn',
      text: 'select case when is_called then last_value else 0 end as last from bus.positions',
    }),
    holders(client),
  ])
  let open = first
  while (open.size > 0) {
    await sleep(1)
    open = open.intersection(await holders(client))
  }
  return BigInt(drawn.rows[0]?.last ?? 0)
}

async function holders(client: Client): Promise<Set<string>> {
  const { rows } = await client.query<{ holder: string }>({
    name: 'holders',
    text: `select virtualtransaction as holder from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        and classid = $1 and objid = $2 and objsubid = 1 and granted`,
    values: [WRITERS_LOCK >> 32n, WRITERS_LOCK & 0xffff_ffffn],
  })
  return new Set(rows.map(({ holder }) => holder))
}

/** Inbox marks, effects and progress in one statement: it is the whole transaction. */
async function handle(
  client: Client,
  fence: string,
  events: readonly LoggedEvent[],
  last: bigint,
): Promise<void> {
  const { rows } = await client.query({
    name: 'handle',
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
  if (rows.length === 0) throw new OwnershipLost('another process owns the subscription')
}
