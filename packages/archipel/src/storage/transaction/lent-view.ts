import { frameworkError, isArchipelError } from '../../errors/index.ts'
import type { Connection } from '../connection/connection.ts'
import type { WireResult, WireStatement } from '../connection/wire-batch.ts'
import { parseAtMostOne, parseOne, parseRows } from '../sql/rows.ts'
import { traced } from '../sql/traced.ts'
import type { ValueParsers } from '../sql/values.ts'
import type { LentClient, Queryable, WriteDatabase } from '../types.ts'
import { guardStatement, OUR_NAMES, outlivesTransaction, statementRefused, surpriseIn } from './guard.ts'

/** What the lent view needs of the transaction that it belongs to. */
export interface OpenTransaction {
  readonly connection: Connection
  readonly ended: boolean
  /** Number of savepoints of nested transactions that are open. */
  depth: number
  /** Names the next savepoint. */
  savepoints: number
  /** The session carries something that must not reach the next transaction. */
  tainted: boolean
  send(statement: WireStatement): Promise<WireResult>
}

type Send = (statement: WireStatement) => Promise<WireResult>

/** The verbs over one way to send a statement; `run` is for those that may write. What fails says which statement it was, and who sent it. */
export function queryable(send: Send): Queryable & Pick<WriteDatabase, 'run'> {
  async function rowsOf<TResult>(
    statement: WireStatement,
    read: (result: WireResult) => Promise<TResult> | TResult,
  ): Promise<TResult> {
    try {
      return await read(await send(statement))
    } catch (error) {
      throw traced(error, statement.text)
    }
  }
  return {
    one: (schema, statement) => rowsOf(statement, ({ rows }) => parseOne(schema, rows)),
    maybeOne: (schema, statement) => rowsOf(statement, ({ rows }) => parseAtMostOne(schema, rows)),
    many: (schema, statement) => rowsOf(statement, ({ rows }) => parseRows(schema, rows)),
    run: (statement) => rowsOf(statement, ({ rowCount }) => rowCount ?? 0),
  }
}

/**
 * The view of a transaction that user code gets: every statement is looked at before it is sent and its answer
 * afterwards, so that nothing a handler (or its query builder) does can end the transaction.
 */
export function lend(transaction: OpenTransaction, signal: AbortSignal, depth = 0): WriteDatabase {
  const { connection } = transaction

  async function send({ text, values, rowMode, types }: WireStatement): Promise<WireResult> {
    guardStatement(text)
    if (signal.aborted) throw abortError(signal)
    if (transaction.depth !== depth)
      throw statementRefused('A nested transaction is open: use the `db` that it was given.')
    if (outlivesTransaction(text)) transaction.tainted = true
    const result = await transaction.send({ text, values, rowMode, types, mayComeAgain: true })
    const surprise = surpriseIn(result.command, connection.status, 'T')
    if (surprise === undefined) return result
    connection.destroy()
    throw statementRefused(
      `A statement changed the transaction around it (${surprise}); the connection was cut.`,
      'unknown',
    )
  }

  async function nested<TResult>(work: (db: WriteDatabase) => Promise<TResult>): Promise<TResult> {
    if (signal.aborted) throw abortError(signal)
    if (transaction.depth !== depth)
      throw statementRefused('A nested transaction is open: use the `db` that it was given.')
    const savepoint = `${OUR_NAMES}nested_${++transaction.savepoints}`
    const say = (text: string) => transaction.send({ text, values: [] })
    await say(`SAVEPOINT ${savepoint}`)
    transaction.depth = depth + 1
    try {
      const result = await work(lend(transaction, signal, depth + 1))
      transaction.depth = depth
      await say(`RELEASE SAVEPOINT ${savepoint}`)
      return result
    } catch (error) {
      transaction.depth = depth
      if (connection.usable && !transaction.ended) {
        await say(`ROLLBACK TO SAVEPOINT ${savepoint}`)
        await say(`RELEASE SAVEPOINT ${savepoint}`)
      }
      throw error
    }
  }

  return { ...queryable(send), transaction: nested, client: lentClient(send) }
}

function lentClient(send: Send): LentClient {
  return {
    async query(statement, values) {
      const config = typeof statement === 'string' ? { text: statement } : statement
      const { rows, rowCount, command, fields } = await send({
        text: config.text,
        values: values ?? config.values ?? [],
        rowMode: config.rowMode,
        types: config.types as ValueParsers | undefined,
      })
      return { rows, rowCount, command: command.split(' ')[0] ?? command, fields: [...fields] }
    },
    release: () => undefined,
  }
}

function abortError(signal: AbortSignal): Error {
  if (isArchipelError(signal.reason)) return signal.reason
  return frameworkError('ARC_CANCELLED', 'The call ended before this statement; it was not sent.', {
    cause: signal.reason,
  })
}
