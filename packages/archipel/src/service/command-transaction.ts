import { requireTime } from '../call/index.ts'
import type { JsonValue } from '../errors/index.ts'
import type { ClaimOutcome, FrameworkStatement, Transaction } from '../storage/index.ts'
import { reach, requireOwner, type CommandCall, type CommandImplementation } from './command-call.ts'
import { logOf } from './context.ts'
import { isLostRace } from './lost-race.ts'
import { errorOfHandler, isDeclared } from './operation-parts.ts'
import { outcomeOfClaim, storedRefusal, type Outcome } from './outcome.ts'
import type { Prepared } from './prepare.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { CHECK_CONSTRAINTS, lendTo, ROLLBACK_TO_SAVEPOINT, SAVEPOINT } from './transaction-context.ts'

/**
 * The one transaction of a command: key, owner, handler, record, saga starts, events. It commits all of it, or leaves
 * nothing behind; an error that isn't a final refusal leaves it by being thrown.
 */
export async function runTransaction(
  call: CommandCall,
  implementation: CommandImplementation,
  before: Exclude<Prepared, { known: Outcome }>,
): Promise<Outcome> {
  const { parts, bounds } = call
  const { runtime } = parts.service
  requireTime(bounds, runtime.environment.clock)
  await using transaction = await runtime.database.begin()
  const claimed = await claim(call, transaction)
  await reach(parts, 'command.claimed')
  if (call.onlyOwner) await requireOwner(call, implementation, transaction.lend(bounds.signal))
  const known = outcomeOfClaim(parts, claimed)
  const buffer = new TransactionBuffer(parts.service, originOf(call))
  if (known !== undefined) {
    // Finding nothing to undo has just withdrawn what is to come: only a commit makes that hold.
    if (claimed.is === 'nothing-to-undo') await commit(call, transaction, known, buffer)
    return known
  }
  const outcome =
    'refusal' in before
      ? before
      : await handle(call, implementation, { transaction, buffer, prepared: before.value })
  await reach(parts, 'command.handled')
  requireTime(bounds, runtime.environment.clock)
  await commit(call, transaction, outcome, buffer)
  return outcome
}

function originOf({ request, traceparent, scope }: CommandCall) {
  const { principal, correlationId } = request.metadata
  return {
    principal,
    correlationId,
    traceparent: traceparent ?? request.metadata.traceparent,
    causationId: scope.key,
  }
}

/** Takes the key; the savepoint goes along with the first statement of the handler. */
async function claim(
  { parts, scope, inputHash, request }: CommandCall,
  transaction: Transaction,
): Promise<ClaimOutcome> {
  const { definition, service } = parts
  const { undoes } = request.metadata
  const claimed = definition.secret
    ? undefined
    : await service.runtime.idempotency.claim(transaction, scope, inputHash, undoes)
  // What an undo withdraws must outlive a refusal of its handler: it stands before the savepoint.
  if (Object.keys(definition.errors).length > 0) transaction.precede(SAVEPOINT)
  return claimed ?? { is: 'new' }
}

interface Handling {
  readonly transaction: Transaction
  readonly buffer: TransactionBuffer
  readonly prepared: unknown
}

async function handle(
  call: CommandCall,
  { handler }: CommandImplementation,
  handling: Handling,
): Promise<Outcome> {
  const { parts, request, input } = call
  const { transaction, buffer, prepared } = handling
  const empty = buffer.mark()
  let result: unknown
  try {
    result = await handler(input, contextOf(call, transaction, buffer), prepared)
  } catch (error) {
    if (isLostRace(error)) throw error
    if (!isDeclared(parts, error) || !error.final) throw errorOfHandler(parts, error, request.metadata)
    await transaction.query(ROLLBACK_TO_SAVEPOINT)
    buffer.resetTo(empty)
    return { refusal: error }
  }
  if (!isDeclared(parts, result)) return { answer: parts.output(result) }
  // Returned, not thrown: what was written stays with the refusal.
  if (!result.final) throw result
  return { refusal: result }
}

/** What the handler of a command sees. There are no clients in it: no network inside a transaction. */
function contextOf(call: CommandCall, transaction: Transaction, buffer: TransactionBuffer): object {
  const { parts, request, bounds } = call
  const { principal, correlationId } = request.metadata
  const { signal } = bounds
  return {
    db: lendTo(buffer, transaction, signal),
    publish: buffer.publish,
    start: buffer.start,
    cancel: buffer.cancel,
    errors: parts.errors,
    principal,
    correlationId,
    signal,
    log: logOf(parts, request.metadata),
    now: parts.service.now,
    id: parts.service.id,
    body: call.body,
  }
}

/** The last round trip: record, saga starts and requests to cancel, events, `COMMIT`. */
async function commit(
  call: CommandCall,
  transaction: Transaction,
  outcome: Outcome,
  buffer: TransactionBuffer,
): Promise<void> {
  const { parts } = call
  const { events, statements, committed } = buffer.leftovers()
  const append = events.length === 0 ? [] : [CHECK_CONSTRAINTS, parts.service.runtime.eventLog.append(events)]
  await reach(parts, 'command.before-commit')
  await transaction.commit([...recordOf(call, outcome), ...statements, ...append])
  committed()
  await reach(parts, 'command.after-commit')
}

function recordOf(call: CommandCall, outcome: Outcome): readonly FrameworkStatement[] {
  const { parts, scope, inputHash, request } = call
  if (parts.definition.secret) return []
  const record = { scope, inputHash, correlationId: request.metadata.correlationId }
  const { idempotency } = parts.service.runtime
  if ('refusal' in outcome) return [idempotency.refused(record, storedRefusal(outcome.refusal))]
  // The output was validated against its contract, which lets nothing pass that isn't JSON.
  return [idempotency.answered(record, outcome.answer as JsonValue)]
}
