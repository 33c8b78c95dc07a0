import { requireTime } from '../call/index.ts'
import type { Transaction } from '../storage/index.ts'
import { reach, type CommandCall, type CommandImplementation } from './command-call.ts'
import { commit, originOf } from './command-commit.ts'
import { handle, requireOwnerIn } from './command-handling.ts'
import { outcomeOfClaim, type Outcome } from './outcome.ts'
import type { Unknown } from './prepare.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { ROLLBACK_TO_SAVEPOINT, SAVEPOINT } from './transaction-context.ts'

/**
 * The transaction of a command that undoes a step of a saga. Its key is taken first, together with the forward keys:
 * what that withdraws is committed whatever the handler comes to, also when there is nothing to undo.
 */
export async function runUndo(
  call: CommandCall,
  implementation: CommandImplementation,
  before: Unknown,
): Promise<Outcome> {
  const { parts, bounds, scope, inputHash, request } = call
  const { database, environment, idempotency } = parts.service.runtime
  requireTime(bounds, environment.clock)
  await using transaction = await database.begin()
  const claimed = await idempotency.claim(transaction, scope, inputHash, request.metadata.undoes)
  await reach(parts, 'command.claimed')
  await requireOwnerIn(transaction, call, implementation)
  const known = outcomeOfClaim(parts, claimed)
  const buffer = new TransactionBuffer(parts.service, originOf(call))
  if (known !== undefined) {
    if (claimed.is === 'nothing-to-undo') await commit(call, transaction, known, buffer)
    return known
  }
  const handling = { transaction, buffer }
  const outcome =
    'refusal' in before ? before : await handled(call, implementation, { ...handling, ...before })
  await reach(parts, 'command.handled')
  requireTime(bounds, environment.clock)
  await commit(call, transaction, outcome, buffer)
  return outcome
}

/** What the withdrawals stand before, a refusal of the handler doesn't take with it. */
async function handled(
  call: CommandCall,
  implementation: CommandImplementation,
  { transaction, buffer, value }: { transaction: Transaction; buffer: TransactionBuffer; value: unknown },
): Promise<Outcome> {
  if (Object.keys(call.parts.definition.errors).length > 0) transaction.precede(SAVEPOINT)
  const empty = buffer.mark()
  const ending = await handle(call, implementation, { transaction, buffer, prepared: value })
  if (!('thrown' in ending)) return ending
  await transaction.query(ROLLBACK_TO_SAVEPOINT)
  buffer.resetTo(empty)
  return { refusal: ending.thrown }
}
