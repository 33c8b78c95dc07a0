import { isKeyKnown } from '../connection/errors.ts'
import type { Transaction } from '../types.ts'

/**
 * A key is taken along with the first statement, so the user's code may be under way when it turns out to be known
 * already. What it throws then is of no account, whatever it made of the failure of its statement.
 *
 * @throws what `isKeyKnown` tells, or what `work` throws under a key that is new
 */
export async function underNewKey<TResult>(
  transaction: Transaction,
  work: () => Promise<TResult>,
): Promise<TResult> {
  try {
    return await work()
  } catch (error) {
    await requireNewKey(transaction)
    throw error
  }
}

/** @throws what `isKeyKnown` tells, where the opening of the transaction met a key that is known */
export async function requireNewKey(transaction: Transaction): Promise<void> {
  const failure = await transaction.opened()
  if (isKeyKnown(failure)) throw failure
}
