import { failedAfterCommit, type JsonValue } from '../errors/index.ts'
import type { FrameworkStatement, Transaction } from '../storage/index.ts'
import { reach, type CommandCall } from './command-call.ts'
import { storedRefusal, type Outcome } from './outcome.ts'
import type { TransactionBuffer, TransactionOrigin } from './transaction-buffer.ts'

/** The last round trip: record, saga starts and requests to cancel, events, `COMMIT`. */
export async function commit(
  call: CommandCall,
  transaction: Transaction,
  outcome: Outcome,
  buffer: TransactionBuffer,
): Promise<void> {
  const { parts } = call
  const { database, eventLog } = parts.service.runtime
  const { events, statements, committed } = buffer.leftovers()
  const append = events.length === 0 ? [] : [...database.constraintChecks, eventLog.append(events)]
  await reach(parts, 'command.before-commit')
  await transaction.commit([...recordOf(call, outcome), ...statements, ...append])
  try {
    committed()
    await reach(parts, 'command.after-commit')
  } catch (error) {
    throw failedAfterCommit(parts.path, error)
  }
}

/** On whose behalf a command publishes and starts. */
export function originOf({ request, traceparent, scope }: CommandCall): TransactionOrigin {
  const { principal, correlationId } = request.metadata
  return {
    principal,
    correlationId,
    traceparent: traceparent ?? request.metadata.traceparent,
    causationId: scope.key,
  }
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
