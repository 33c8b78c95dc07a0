import { frameworkError, isArchipelError } from '../../errors/index.ts'
import type { Connection } from '../connection/connection.ts'
import { databaseUnavailable, isServerError } from '../connection/errors.ts'
import type { Pool } from '../connection/pool.ts'
import type { WireResult, WireStatement } from '../connection/wire-batch.ts'
import type { FrameworkStatement, Row, Transaction } from '../types.ts'
import { lend } from './lent-view.ts'

const BEGIN: WireStatement = {
  text: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  values: [],
  name: 'archipel_begin',
}
const COMMIT: WireStatement = { text: 'COMMIT', values: [], name: 'archipel_commit' }
const ROLLBACK: WireStatement = { text: 'ROLLBACK', values: [], name: 'archipel_rollback' }

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

export async function beginTransaction(pool: Pool): Promise<Transaction> {
  return createTransaction(await pool.acquire(), (connection) => pool.release(connection))
}

/** @param giveBack is called exactly once, when the transaction has ended one way or another. */
function createTransaction(connection: Connection, giveBack: (connection: Connection) => void): Transaction {
  let begun = false
  let ended = false
  let inFlight = 0
  /** What goes along with the next statement. */
  let preceding: WireStatement[] = []
  /** The first error since the transaction was last in order: later ones only say that it is aborted. */
  let failure: Error | undefined

  async function send(statement: WireStatement): Promise<WireResult> {
    if (ended)
      throw frameworkError(
        'ARC_STATEMENT_REFUSED',
        'The transaction has ended: its `db` was used after the handler returned.',
      )
    const sent = connection.send([...opening(), statement])
    opened()
    inFlight++
    const outcome = await sent
    inFlight--
    const result = outcome.results.at(-1)
    if (outcome.failure !== undefined || result === undefined) {
      const error = lossOr(connection, outcome.failure, 'none')
      failure ??= error
      throw error
    }
    if (connection.status === 'T') failure = undefined
    return result
  }

  const opening = () => [...(begun ? [] : [BEGIN]), ...preceding]

  function opened(): void {
    begun = true
    preceding = []
  }

  function finish(): void {
    ended = true
    if (open.tainted) connection.destroy()
    giveBack(connection)
  }

  async function commit(last: readonly FrameworkStatement[]): Promise<Row[][]> {
    if (ended) throw frameworkError('ARC_STATEMENT_REFUSED', 'The transaction has ended already.')
    if (!begun && last.length === 0) return (finish(), [])
    const statements = [...opening(), ...last, COMMIT]
    const sent = connection.send(statements)
    ended = true
    const outcome = await sent
    const answer = outcome.results[statements.length - 1]
    const error =
      answer === undefined ? (failure ?? lossOr(connection, outcome.failure, 'unknown')) : undefined
    // Behind a statement that failed the server skipped the COMMIT too.
    if (error !== undefined && connection.usable) await connection.send([ROLLBACK])
    finish()
    if (error !== undefined) throw error
    if (answer?.command === 'COMMIT')
      return outcome.results.slice(-1 - last.length, -1).map((result) => result.rows)
    throw (
      failure ??
      frameworkError(
        'ARC_INTERNAL',
        `The server answered ${answer?.command ?? 'nothing'} to COMMIT: nothing was written.`,
      )
    )
  }

  async function rollback(): Promise<void> {
    if (ended) return
    ended = true
    // A statement that still runs is not waited for: the server notices the cut and rolls back.
    if (begun && inFlight > 0) connection.destroy()
    else if (begun && connection.usable) {
      const outcome = await connection.send([ROLLBACK])
      if (outcome.failure !== undefined) connection.destroy()
    }
    finish()
  }

  const open: OpenTransaction = {
    connection,
    get ended() {
      return ended
    },
    depth: 0,
    savepoints: 0,
    tainted: false,
    send,
  }

  return {
    query: async (statement) => (await send(statement)).rows,
    precede: (statement) => void preceding.push(statement),
    lend: (signal) => lend(open, signal),
    commit,
    rollback,
    [Symbol.asyncDispose]: rollback,
  }
}

/** An ordinary error of the server as it is; else the connection is lost, and `effect` says what that means. */
function lossOr(connection: Connection, error: Error | undefined, effect: 'none' | 'unknown'): Error {
  if (error !== undefined && (isServerError(error) || isArchipelError(error))) return error
  connection.destroy()
  const meaning = effect === 'none' ? 'nothing was written' : 'the answer to COMMIT did not arrive'
  return databaseUnavailable(`The connection to the database was lost: ${meaning}.`, effect, error)
}
