import { frameworkError, isArchipelError } from '../../errors/index.ts'
import type { Connection } from '../connection/connection.ts'
import { databaseUnavailable, isServerError } from '../connection/errors.ts'
import type { Pool } from '../connection/pool.ts'
import type { WireOutcome, WireResult, WireStatement } from '../connection/wire-batch.ts'
import type { FrameworkStatement, Opening, Row, Transaction } from '../types.ts'
import { lend, type OpenTransaction } from './lent-view.ts'

const BEGIN: WireStatement = {
  text: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  values: [],
  name: 'archipel_begin',
}
const COMMIT: WireStatement = { text: 'COMMIT', values: [], name: 'archipel_commit' }
const ROLLBACK: WireStatement = { text: 'ROLLBACK', values: [], name: 'archipel_rollback' }

export async function beginTransaction(pool: Pool, opening: Opening = NOTHING_FIRST): Promise<Transaction> {
  return createTransaction(await pool.acquire(), opening, (connection) => pool.release(connection))
}

const NOTHING_FIRST: Opening = { statements: [] }

/** @param giveBack is called exactly once, when the transaction has ended one way or another. */
function createTransaction(
  connection: Connection,
  opening: Opening,
  giveBack: (connection: Connection) => void,
): Transaction {
  /** What the opening failed with; there is no such promise before it was sent. */
  let openingFailure: Promise<Error | undefined> | undefined
  let ended = false
  let inFlight = 0
  /** What goes along with the next statement. */
  let preceding: WireStatement[] = [BEGIN, ...opening.statements]
  /** The first error since the transaction was last in order: later ones only say that it is aborted. */
  let failure: Error | undefined

  async function send(statement: WireStatement): Promise<WireResult> {
    if (ended)
      throw frameworkError(
        'ARC_STATEMENT_REFUSED',
        'The transaction has ended: its `db` was used after the handler returned.',
      )
    const first = openingFailure === undefined
    const sent = dispatch([statement])
    inFlight++
    const outcome = await sent
    inFlight--
    const result = outcome.results.at(-1)
    const settled =
      outcome.failure === undefined && result !== undefined
        ? result
        : lossOr(connection, outcome.failure, 'none')
    if (settled instanceof Error) failure ??= settled
    else if (connection.status === 'T') failure = undefined
    // Not before: the answers of later statements may come meanwhile.
    if (first && (await openingFailure) === undefined) await opening.passed?.()
    if (settled instanceof Error) throw settled
    return settled
  }

  /** Sends what precedes and `statements`, in this order. @throws with nothing sent, when a parameter can't be encoded. */
  function dispatch(statements: readonly WireStatement[]): Promise<WireOutcome> {
    const before = preceding.length
    const sent = connection.send([...preceding, ...statements])
    preceding = []
    openingFailure ??= sent.then((outcome) => (outcome.results.length < before ? outcome.failure : undefined))
    return sent
  }

  async function opened(): Promise<Error | undefined> {
    if (openingFailure === undefined && opening.statements.length > 0 && !ended) await dispatch([])
    return openingFailure
  }

  function finish(): void {
    ended = true
    if (open.tainted) connection.destroy()
    giveBack(connection)
  }

  async function commit(last: readonly FrameworkStatement[]): Promise<Row[][]> {
    if (ended) throw frameworkError('ARC_STATEMENT_REFUSED', 'The transaction has ended already.')
    if (openingFailure === undefined && last.length === 0 && preceding.length === 1) return (finish(), [])
    const count = preceding.length + last.length + 1
    const sent = dispatch([...last, COMMIT])
    ended = true
    const outcome = await sent
    const answer = outcome.results[count - 1]
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
    const lost = !ended && !connection.usable
    await end()
    if (lost) throw lossOr(connection, undefined, 'none')
  }

  async function end(): Promise<void> {
    if (ended) return
    ended = true
    // A statement that still runs is not waited for: the server notices the cut and rolls back.
    if (openingFailure !== undefined && inFlight > 0) connection.destroy()
    else if (openingFailure !== undefined && connection.usable) {
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
    opened,
    lend: (signal) => lend(open, signal),
    commit,
    rollback,
    [Symbol.asyncDispose]: end,
  }
}

/** An ordinary error of the server as it is; else the connection is lost, and `effect` says what that means. */
function lossOr(connection: Connection, error: Error | undefined, effect: 'none' | 'unknown'): Error {
  if (error !== undefined && (isServerError(error) || isArchipelError(error))) return error
  connection.destroy()
  const meaning = effect === 'none' ? 'nothing was written' : 'the answer to COMMIT did not arrive'
  return databaseUnavailable(`The connection to the database was lost: ${meaning}.`, effect, error)
}
