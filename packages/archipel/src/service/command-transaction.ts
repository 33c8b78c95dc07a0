import { requireTime } from '../call/index.ts'
import { isKeyKnown, type Opening } from '../storage/index.ts'
import { reach, type CommandCall, type CommandImplementation } from './command-call.ts'
import { commit, originOf } from './command-commit.ts'
import { handle, requireOwnerIn, type Ending } from './command-handling.ts'
import { runUndo } from './command-undo.ts'
import { outcomeOfClaim, type Outcome } from './outcome.ts'
import type { Unknown } from './prepare.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

/**
 * The transaction of a command: key, owner, handler, record, saga starts, events. It commits all of it, or leaves
 * nothing behind; an error that isn't a final refusal leaves it by being thrown.
 *
 * A key is nearly always new, so it is taken along with the first statement. Where it isn't, nothing is run (a handler
 * may have begun by then: it ends for nothing), and a transaction of its own reads what the key is. A refusal that is
 * thrown is recorded in a second transaction. Where somebody had the key between the two, the command is run again.
 */
export async function runTransaction(
  call: CommandCall,
  implementation: CommandImplementation,
  before: Unknown,
): Promise<Outcome> {
  const { secret } = call.parts.definition
  if (call.request.metadata.undoes !== undefined && !secret) return runUndo(call, implementation, before)
  let first: Ending
  try {
    first = await attempted(call, implementation, before)
  } catch (error) {
    if (isKeyKnown(error)) return knownOutcome(call, implementation, error)
    throw error
  }
  if (!('thrown' in first)) return first
  const refusal = { refusal: first.thrown }
  // Whose the thing is was asked a moment ago.
  if (!secret) await attempted({ ...call, onlyOwner: false }, implementation, refusal)
  return refusal
}

/** @returns what was committed, or what was thrown, with nothing of it written. @throws what `isKeyKnown` tells */
async function attempted(
  call: CommandCall,
  implementation: CommandImplementation,
  before: Unknown,
): Promise<Ending> {
  const { parts, bounds } = call
  const { database, environment } = parts.service.runtime
  requireTime(bounds, environment.clock)
  await using transaction = await database.begin(openingOf(call))
  await requireOwnerIn(transaction, call, implementation)
  const buffer = new TransactionBuffer(parts.service, originOf(call))
  const ending =
    'refusal' in before
      ? before
      : await handle(call, implementation, { transaction, buffer, prepared: before.value })
  if ('thrown' in ending) {
    await transaction.rollback()
    return ending
  }
  await reach(parts, 'command.handled')
  requireTime(bounds, environment.clock)
  await commit(call, transaction, ending, buffer)
  return ending
}

function openingOf({ parts, scope }: CommandCall): Opening | undefined {
  if (parts.definition.secret) return undefined
  const { idempotency, environment } = parts.service.runtime
  return {
    statements: idempotency.takeNew(scope),
    passed: environment.faults.armed ? () => reach(parts, 'command.claimed') : undefined,
  }
}

/** The outcome of a key that isn't new, told to who may know it. @throws `race` when it is new by now */
async function knownOutcome(
  call: CommandCall,
  implementation: CommandImplementation,
  race: Error,
): Promise<Outcome> {
  const { parts, scope, inputHash } = call
  const { database, idempotency } = parts.service.runtime
  await using transaction = await database.begin()
  const claimed = await idempotency.claim(transaction, scope, inputHash, undefined)
  await requireOwnerIn(transaction, call, implementation)
  const known = outcomeOfClaim(parts, claimed)
  // Who had it a moment ago has left without a trace.
  if (known === undefined) throw race
  return known
}
