import { readFile } from 'node:fs/promises'
import { Pool, type PoolConfig } from 'pg'
import { z } from 'zod'

/** A message as it came in. */
export interface Incoming {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: Buffer
}

const Kept = z.object({
  number: z.coerce.number(),
  receivedAt: z.date(),
  from: z.string(),
  to: z.array(z.string()),
  raw: z.instanceof(Buffer),
})
export type KeptMessage = z.output<typeof Kept>

/** The messages of the mailbox, in a database of its own. */
export interface MessageStore {
  /** Resolves once the message would survive a crash of everything. */
  keep(message: Incoming): Promise<void>
  /** The latest first. */
  list(page: { readonly before: number | undefined; readonly limit: number }): Promise<KeptMessage[]>
  find(number: number): Promise<KeptMessage | undefined>
  close(): Promise<void>
}

export interface StoreOptions {
  readonly connection: string | PoolConfig
  /** How many messages stay; older ones go. */
  readonly limit: number
  readonly now: () => Date
  readonly log: (line: string) => void
}

/** So many statements are saved between two looks at what is too old. */
const SWEEP_AFTER = 500
const COLUMNS = `number, received_at as "receivedAt", mail_from as "from", rcpt_to as "to", raw`
const INSERT = `insert into mailbox.messages (received_at, mail_from, rcpt_to, message_id, raw)
  select $1, m.mail_from, string_to_array(m.rcpt_to, ' '), m.message_id, m.raw
  from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) as m (mail_from, rcpt_to, message_id, raw)`
const SWEEP = `delete from mailbox.messages where number <= (
  select number from mailbox.messages order by number desc offset $1 limit 1)`

interface Waiting {
  readonly message: Incoming
  readonly kept: () => void
  readonly failed: (error: unknown) => void
}

/** Makes what is missing in the database. @throws when it can't be reached */
export async function openStore(options: StoreOptions): Promise<MessageStore> {
  const { limit, now, log } = options
  const pool = createPool(options)
  await prepare(pool)
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let sinceSweep = 0

  /** What came while one statement was on its way goes with the next one. */
  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await insert(batch.map(({ message }) => message)).then(
        () => batch.forEach(({ kept }) => kept()),
        (error: unknown) => batch.forEach(({ failed }) => failed(error)),
      )
    }
    writing = undefined
  }

  async function insert(messages: readonly Incoming[]): Promise<void> {
    await pool.query(INSERT, [
      now(),
      messages.map(({ from }) => from),
      messages.map(({ to }) => to.join(' ')),
      messages.map(({ raw }) => messageIdOf(raw)),
      messages.map(({ raw }) => raw),
    ])
    sinceSweep += messages.length
    if (sinceSweep < SWEEP_AFTER) return
    sinceSweep = 0
    await pool.query(SWEEP, [limit]).catch((error: unknown) => log(`old messages stay: ${String(error)}`))
  }

  const rows = async (text: string, values: unknown[]) =>
    z.array(Kept).parse((await pool.query<Record<string, unknown>>(text, values)).rows)

  return {
    keep: (message) =>
      new Promise((kept, failed) => {
        waiting.push({ message, kept, failed })
        writing ??= write()
      }),
    list: ({ before, limit: count }) =>
      rows(
        `select ${COLUMNS} from mailbox.messages where $1::bigint is null or number < $1 order by number desc limit $2`,
        [before ?? null, count],
      ),
    find: async (number) =>
      (await rows(`select ${COLUMNS} from mailbox.messages where number = $1`, [number]))[0],
    async close() {
      await writing
      await pool.end()
    },
  }
}

function createPool({ connection, log }: StoreOptions): Pool {
  const config = typeof connection === 'string' ? { connectionString: connection } : connection
  const pool = new Pool({
    application_name: 'mailbox',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    ...config,
    max: 2,
  })
  // Without a listener a restart of the server would end our process too.
  pool.on('error', (failure) => {
    if (!pool.ending) log(`database connection lost: ${failure.message}`)
  })
  return pool
}

async function prepare(pool: Pool): Promise<void> {
  try {
    const tables = await readFile(new URL('tables.sql', import.meta.url), 'utf8')
    // Sent as one simple query, which is one transaction: several mailboxes may start at once.
    await pool.query(`select pg_advisory_xact_lock(8217, 2);\n${tables}`)
  } catch (error) {
    await pool.end()
    throw error
  }
}

const HEAD_BYTES = 16_384

function messageIdOf(raw: Buffer): string | null {
  const head = raw.subarray(0, HEAD_BYTES).toString('latin1').split('\r\n\r\n', 1)[0] ?? ''
  return /^message-id:\s*(<[^>\s]{1,500}>)/im.exec(head)?.[1] ?? null
}
