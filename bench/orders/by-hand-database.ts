import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Client, DatabaseError, Pool, type QueryResultRow } from 'pg'

const SERVICES = [
  'catalogue',
  'users',
  'orders',
  'inventory',
  'payments',
  'shipping',
  'notifications',
  'reports',
  'reviews',
] as const
type Service = (typeof SERVICES)[number]

/** Connections of its own for each service, under a role that has no right in another one's schema. */
export type Pools = Readonly<Record<Service, Pool>>

/** @param url of the empty database, as its administrator. */
export async function prepareDatabase(url: string): Promise<Pools> {
  await run(url, await readFile(new URL('by-hand.sql', import.meta.url), 'utf8'))
  for (const service of SERVICES) {
    const folder = new URL(`../../examples/boutique/${service}/migrations/`, import.meta.url)
    for (const name of (await readdir(folder)).toSorted())
      await run(urlOf(url, service), await readFile(new URL(name, folder), 'utf8'))
  }
  // What waits to be sent, for who takes letters.
  await run(
    urlOf(url, 'notifications'),
    `create index notifications_queued on notifications (id) where status = 'queued'`,
  )
  const pool = (service: Service, max: number) =>
    new Pool({ connectionString: urlOf(url, service), max, idleTimeoutMillis: 0, application_name: service })
  return {
    catalogue: pool('catalogue', 2),
    users: pool('users', 2),
    orders: pool('orders', 6),
    inventory: pool('inventory', 5),
    payments: pool('payments', 5),
    shipping: pool('shipping', 5),
    notifications: pool('notifications', 2),
    reports: pool('reports', 2),
    reviews: pool('reviews', 2),
  }
}

function urlOf(url: string, service: Service): string {
  return Object.assign(new URL(url), { username: service, password: 'by hand' }).href
}

async function run(connectionString: string, text: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** A statement that is planned once for each connection. It is the whole transaction. */
export async function ask<TRow extends QueryResultRow>(
  pool: Pool,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<TRow[]> {
  return (await pool.query<TRow>({ name, text, values: [...values] })).rows
}

/** Under which name an answer is kept. */
export interface Claim {
  readonly operation: string
  readonly principal: string
  readonly key: string
  readonly inputHash: Buffer
}

export function hashOf(input: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(input)).digest()
}

/** The key was used before, and what it was used for was something else, or is not answered yet. */
export class KeyTaken extends Error {
  readonly status: 409 | 422
  constructor(status: 409 | 422) {
    super(status === 409 ? 'IN_PROGRESS' : 'KEY_REUSED')
    this.status = status
  }
}

/**
 * Runs a statement that inserts its claim together with all that it does. The primary key of answers is the guarantee
 * that it is done once; a repeat waits there for the first one and gets its answer.
 */
export async function once<TAnswer>(
  pool: Pool,
  { operation, principal, key, inputHash }: Claim,
  statement: () => Promise<TAnswer>,
): Promise<TAnswer> {
  try {
    return await statement()
  } catch (failure) {
    if (!(failure instanceof DatabaseError && failure.constraint === 'answers_pkey')) throw failure
  }
  const rows = await ask<{ input_hash: Buffer; answer: TAnswer | null }>(
    pool,
    'known',
    'select input_hash, answer from answers where operation = $1 and principal = $2 and key = $3',
    [operation, principal, key],
  )
  const [known] = rows
  if (!known?.input_hash.equals(inputHash)) throw new KeyTaken(422)
  if (known.answer === null) throw new KeyTaken(409)
  return known.answer
}

/** What comes while one statement is on its way goes together with the next one. */
export function grouped<TItem>(
  write: (items: readonly TItem[]) => Promise<void>,
): (item: TItem) => Promise<void> {
  let waiting: { item: TItem; resolve: () => void; reject: (failure: unknown) => void }[] = []
  let writing = false

  async function writeAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await write(group.map(({ item }) => item)).then(
        () => group.forEach(({ resolve }) => resolve()),
        (failure: unknown) => group.forEach(({ reject }) => reject(failure)),
      )
    }
    writing = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!writing) void writeAll()
    })
}

/** Each of so many rows was still ours to write. */
export function expectRows(found: readonly unknown[], expected: number, what: string): void {
  if (found.length !== expected) throw new Error(`${what}: ${found.length} of ${expected} rows were ours`)
}
