import type { Environment } from '../../environment/index.ts'
import type { Row } from '../types.ts'
import { connect, type Connection, type ConnectionConfig } from './connection.ts'
import { databaseUnavailable, isPassing } from './errors.ts'

const RETRY_MS = 20

/** Connects; while the server is only starting, stopping or full, it tries again until `withinMs` have passed. */
export async function connectPatiently(
  environment: Environment,
  config: ConnectionConfig,
  withinMs: number,
): Promise<Connection> {
  const until = environment.clock.monotonic() + withinMs
  for (;;) {
    try {
      return await connect(config)
    } catch (error) {
      if (!isPassing(error))
        throw databaseUnavailable(
          `PostgreSQL at ${config.host} refused ${config.user}: ${messageOf(error)}.`,
          'none',
          error,
        )
      if (environment.clock.monotonic() >= until) {
        throw databaseUnavailable(
          `PostgreSQL at ${config.host} did not answer within ${withinMs} ms.`,
          'none',
          error,
        )
      }
    }
    await environment.timers.sleep(RETRY_MS)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** One statement. @throws the server's error, or that of the lost connection. */
export async function ask(
  connection: Connection,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { results, failure } = await connection.send([{ text, values }])
  if (failure !== undefined) throw failure
  return results[0]?.rows ?? []
}

/** A connection for administration and tests: no guard, no pool. */
export interface AdminConnection extends AsyncDisposable {
  query(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Many statements at once, as text without parameters; a failure rolls all of them back. */
  script(text: string): Promise<void>
}

export async function connectAdmin(config: ConnectionConfig): Promise<AdminConnection> {
  const connection = await connect(config)
  return {
    query: (text, values) => ask(connection, text, values),
    script: (text) => connection.script(text),
    [Symbol.asyncDispose]: () => connection.end(),
  }
}
