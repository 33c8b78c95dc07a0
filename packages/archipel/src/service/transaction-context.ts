import type { Transaction, WriteDatabase } from '../storage/index.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/**
 * The database that handlers write to. A nested transaction that fails takes with it what was published inside it,
 * as it takes what was written.
 */
export function lendTo(
  buffer: TransactionBuffer,
  transaction: Transaction,
  signal: AbortSignal,
): WriteDatabase {
  return tied(transaction.lend(signal), buffer)
}

function tied(db: WriteDatabase, buffer: TransactionBuffer): WriteDatabase {
  return {
    ...db,
    client: db.client,
    async transaction(work) {
      const mark = buffer.mark()
      try {
        return await db.transaction((inner) => work(tied(inner, buffer)))
      } catch (error) {
        buffer.resetTo(mark)
        throw error
      }
    },
  }
}

/** Around a handler whose declared errors undo what it wrote. */
export const SAVEPOINT = { text: 'SAVEPOINT archipel_handler', values: [], name: 'archipel_savepoint' }
export const ROLLBACK_TO_SAVEPOINT = {
  text: 'ROLLBACK TO SAVEPOINT archipel_handler',
  values: [],
  name: 'archipel_rollback_to',
}
