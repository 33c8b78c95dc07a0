import type { Environment } from '../../environment/index.ts'
import { isArchipelError } from '../../errors/index.ts'
import type { Connection, ConnectionConfig } from '../connection/connection.ts'
import { databaseUnavailable, isServerError, isStalePlan } from '../connection/errors.ts'
import { createPool, type Pool } from '../connection/pool.ts'
import type { WireOutcome, WireResult, WireStatement } from '../connection/wire-batch.ts'
import type { ReadDatabase, ServiceDatabase } from '../types.ts'
import { guardStatement, statementRefused, surpriseIn } from './guard.ts'
import { queryable } from './lent-view.ts'
import { beginTransaction } from './transaction.ts'

export interface ServiceDatabaseOptions {
  readonly environment: Environment
  readonly service: string
  readonly writer: ConnectionConfig
  readonly reader: ConnectionConfig
  /** Connections at most, for each of the two roles. Default: 4. */
  readonly poolLimit?: number | undefined
  /** Whether its schema has constraints that can wait for `COMMIT`. Default: true. */
  readonly deferrable?: boolean | undefined
}

/** A {@link ServiceDatabase} that gives its connections back. */
export interface OpenServiceDatabase extends ServiceDatabase {
  close(): Promise<void>
}

const BEGIN_SNAPSHOT: WireStatement = {
  text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  values: [],
  name: 'archipel_snapshot',
}
const CHECK_CONSTRAINTS: WireStatement = {
  text: 'SET CONSTRAINTS ALL IMMEDIATE',
  values: [],
  name: 'archipel_constraints',
}
const COMMIT: WireStatement = { text: 'COMMIT', values: [], name: 'archipel_commit' }

/** Opens nothing yet: connections are made when they are needed. */
export function createServiceDatabase(options: ServiceDatabaseOptions): OpenServiceDatabase {
  const { environment, service, poolLimit: limit = 4, deferrable = true } = options
  const writers = createPool({ environment, connection: options.writer, limit })
  const readers = createPool({ environment, connection: options.reader, limit })
  return {
    service,
    roles: { writer: options.writer.user, reader: options.reader.user },
    reader: readDatabase(readers),
    // Lost on its way, a statement that commits by itself may have been done.
    query: async (statement) => (await single(writers, statement, 'unknown')).rows,
    begin: (opening) => beginTransaction(writers, opening),
    constraintChecks: deferrable ? [CHECK_CONSTRAINTS] : [],
    close: async () => void (await Promise.all([writers.close(), readers.close()])),
  }
}

function readDatabase(pool: Pool): ReadDatabase {
  return {
    ...queryable((statement) => {
      guardStatement(statement.text)
      return single(pool, { text: statement.text, values: statement.values, mayComeAgain: true }, 'none')
    }),
    async snapshot(work) {
      const connection = await pool.acquire()
      let begun = false
      let ended = false
      const send = async (statement: WireStatement): Promise<WireResult> => {
        guardStatement(statement.text)
        if (ended)
          throw statementRefused('The snapshot has ended: its `db` was used after the work returned.')
        const sent = connection.send([
          ...(begun ? [] : [BEGIN_SNAPSHOT]),
          { text: statement.text, values: statement.values },
        ])
        begun = true
        return answerOf(await sent, connection, 'T', 'none')
      }
      try {
        return await work(queryable(send))
      } finally {
        ended = true
        // Nothing was written: how it ends matters only for the connection.
        if (begun && connection.usable) await connection.send([COMMIT])
        pool.release(connection)
      }
    },
  }
}

/** One statement in a transaction of its own. */
async function single(
  pool: Pool,
  statement: WireStatement,
  effectOfLoss: 'none' | 'unknown',
): Promise<WireResult> {
  for (;;) {
    const connection = await pool.acquire()
    try {
      return answerOf(await connection.send([statement]), connection, 'I', effectOfLoss)
    } catch (error) {
      if (!isStalePlan(error)) throw error
    } finally {
      pool.release(connection)
    }
  }
}

function answerOf(
  { results, failure }: WireOutcome,
  connection: Connection,
  expected: 'T' | 'I',
  effectOfLoss: 'none' | 'unknown',
): WireResult {
  const result = results.at(-1)
  if (failure !== undefined && (isServerError(failure) || isArchipelError(failure))) throw failure
  if (failure !== undefined || result === undefined) {
    connection.destroy()
    throw databaseUnavailable('The connection to the database was lost.', effectOfLoss, failure)
  }
  const surprise = surpriseIn(result.command, connection.status, expected)
  if (surprise === undefined) return result
  connection.destroy()
  throw statementRefused(
    `A statement changed the transaction around it (${surprise}); the connection was cut.`,
    'unknown',
  )
}
