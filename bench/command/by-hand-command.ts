import { createHash, randomUUIDv7 } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'

export interface Entry {
  readonly account: string
  readonly amount: number
  readonly note: string
}

export interface Reply {
  readonly status: number
  readonly body: string
  readonly retryAfterSeconds?: number
}

/** Advisory locks: the top byte names the space, so that keys of commands never meet the lock of the log's writers. */
const COMMAND_SPACE = 1n << 56n
export const WRITERS_LOCK = 3n << 56n

const OPERATION = 'addEntry'
const IN_PROGRESS: Reply = { status: 409, body: problem('IN_PROGRESS'), retryAfterSeconds: 1 }

/**
 * Runs the command in one transaction, in two round trips: lock and look first; then row, answer, event and commit.
 * The primary key of the answer is the guarantee that a key has one effect; the lock only avoids the wait for it.
 */
export async function addEntry(pool: Pool, entry: Entry, key: string): Promise<Reply> {
  const inputHash = createHash('sha256')
    .update(JSON.stringify([entry.account, entry.amount, entry.note]))
    .digest()
  const scope: Scope = { principal: `input:${inputHash.toString('base64url')}`, key, inputHash }
  const client = await pool.connect()
  let broken: unknown
  try {
    const known = await claim(client, scope)
    if (!known) return await write(client, entry, scope)
    await client.query('rollback')
    return known
  } catch (failure) {
    broken = failure
    throw failure
  } finally {
    // A connection whose transaction failed isn't used again: who knows what it still has in flight.
    client.release(broken !== undefined)
  }
}

interface Scope {
  readonly principal: string
  readonly key: string
  readonly inputHash: Buffer
}

/** The lock, and in a next statement (its snapshot must be younger than the lock) the answer that is there already. */
async function claim(client: PoolClient, { principal, key, inputHash }: Scope): Promise<Reply | undefined> {
  const [, lock, found] = await Promise.all([
    client.query('begin isolation level read committed'),
    client.query<{ locked: boolean }>({
      name: 'lock',
      text: 'select pg_try_advisory_xact_lock($1) as locked',
      values: [lockOf(principal, key)],
    }),
    client.query<{ input_hash: Buffer; answer: string }>({
      name: 'find',
      text: 'select input_hash, answer::text as answer from ledger.answers where operation = $1 and principal = $2 and key = $3',
      values: [OPERATION, principal, key],
    }),
  ])
  if (!lock.rows[0]?.locked) return IN_PROGRESS
  const record = found.rows[0]
  if (!record) return undefined
  return record.input_hash.equals(inputHash)
    ? { status: 201, body: record.answer }
    : { status: 422, body: problem('KEY_REUSED') }
}

/** The event's position is drawn in the statement after the shared lock of the log's writers; behind it only the commit. */
async function write(client: PoolClient, entry: Entry, { principal, key, inputHash }: Scope): Promise<Reply> {
  const id = randomUUIDv7()
  const addedAt = new Date().toISOString()
  const body = JSON.stringify({ id, account: entry.account, amount: entry.amount, addedAt })
  const [, , , commit] = await Promise.all([
    client.query({
      name: 'write',
      text: `with entry as (insert into ledger.entries (id, account, amount, note, added_at) values ($1, $2, $3, $4, $5))
        insert into ledger.answers (operation, principal, key, input_hash, answer) values ($6, $7, $8, $9, $10)`,
      values: [
        id,
        entry.account,
        entry.amount,
        entry.note,
        addedAt,
        OPERATION,
        principal,
        key,
        inputHash,
        body,
      ],
    }),
    client.query({
      name: 'writers',
      text: 'select pg_advisory_xact_lock_shared($1)',
      values: [WRITERS_LOCK],
    }),
    client.query({
      name: 'append',
      text: `insert into bus.log (id, publisher, type, key, data, time, correlation_id) values ($1, 'ledger', 'ledger.entryAdded.v1', $2, $3, $4, $5)`,
      values: [randomUUIDv7(), entry.account, body, addedAt, key],
    }),
    client.query('commit'),
  ])
  // A transaction that failed answers COMMIT with ROLLBACK.
  if (commit.command !== 'COMMIT') throw new Error('not committed')
  return { status: 201, body }
}

function lockOf(principal: string, key: string): bigint {
  const hash = createHash('sha256').update(`${OPERATION}\0${principal}\0${key}`).digest()
  return COMMAND_SPACE | (hash.readBigUInt64BE() & (COMMAND_SPACE - 1n))
}

export function problem(code: string): string {
  return JSON.stringify({ code })
}
