import pg from 'pg'
import { isStalePlan } from './errors.ts'
import { createPreparedTexts } from './prepared-texts.ts'
import { WireBatch, type KnownColumns, type WireOutcome, type WireStatement } from './wire-batch.ts'

/** Where a server is and who logs in. */
export interface ConnectionConfig {
  /** A host name, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly ssl?: boolean | object | undefined
  readonly applicationName?: string | undefined
}

/** `I`: no transaction; `T`: in one; `E`: in one that failed. */
export type TransactionStatus = 'I' | 'T' | 'E' | undefined

/** One connection in pipeline mode: batches are answered in the order they were sent, without waiting between. */
export interface Connection {
  /**
   * Sends at once. Never rejects: a failure is part of the outcome.
   * @throws at once, with nothing sent, when a parameter can't be encoded.
   */
  send(statements: readonly WireStatement[]): Promise<WireOutcome>
  /**
   * Statements without parameters, as one message of the simple protocol: one transaction, unless they have their own.
   * @throws the server's error, with how many of them it had `completed` before
   */
  script(text: string): Promise<void>
  /** As of the last batch that was answered. */
  readonly status: TransactionStatus
  /** False once it is lost or was destroyed. */
  readonly usable: boolean
  /** Process number of the server's side. */
  readonly backend: number
  onLost(listener: () => void): void
  /** Cuts it off: whatever was in flight is rolled back by the server, unless its COMMIT had arrived. */
  destroy(): void
  end(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 10_000

export async function connect(config: ConnectionConfig): Promise<Connection> {
  const client = new pg.Client({
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    ...(config.ssl !== undefined && { ssl: config.ssl }),
    application_name: config.applicationName ?? 'archipel',
    // The readers of values expect it, whatever the server's own zone is.
    options: '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
  })
  let usable = true
  const texts = createPreparedTexts()
  const columns: KnownColumns = new Map()
  const lost: (() => void)[] = []
  const lose = () => {
    if (!usable) return
    usable = false
    for (const listener of lost) listener()
  }
  client.on('error', lose)
  client.on('end', lose)
  await client.connect()

  function destroy(): void {
    lose()
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  }

  return {
    send(statements) {
      const { promise, resolve } = Promise.withResolvers<WireOutcome>()
      const settle = (outcome: WireOutcome) => {
        if (isStalePlan(outcome.failure)) destroy()
        resolve(outcome)
      }
      const named = statements.map((statement) =>
        statement.mayComeAgain ? { ...statement, name: texts.nameOf(statement.text) } : statement,
      )
      client.query(new WireBatch(named, columns, settle) as unknown as pg.Submittable)
      return promise
    },
    script: (text) => counted(client, text),
    get status() {
      return (client.getTransactionStatus() ?? undefined) as TransactionStatus
    },
    get usable() {
      return usable
    },
    backend: (client as unknown as { processID: number }).processID,
    onLost: (listener) => void lost.push(listener),
    destroy,
    async end() {
      usable = false
      await client.end()
    },
  }
}

/** Sends a script. The server doesn't say which of its statements failed: those before it were answered. */
function counted(client: pg.Client, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let completed = 0
    const query = new pg.Query(text, (error: Error | null | undefined) =>
      error ? reject(Object.assign(error, { completed })) : resolve(),
    )
    const answered = query as unknown as { handleCommandComplete(...parts: unknown[]): void }
    const handle = answered.handleCommandComplete
    answered.handleCommandComplete = (...parts) => {
      completed++
      handle.apply(query, parts)
    }
    client.query(query)
  })
}
