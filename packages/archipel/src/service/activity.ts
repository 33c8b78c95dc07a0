import { requireTime } from '../call/index.ts'
import { ArchipelError, frameworkError, isArchipelError, type JsonValue } from '../errors/index.ts'
import type { ActivityRequest, BoundActivity } from '../saga/index.ts'
import { admitCommand, requireOwner, type CommandCall, type CommandGuard } from './command-call.ts'
import { observe } from './observed.ts'
import { errorOfFramework, type OperationParts } from './operation-parts.ts'
import type { CallExecutor } from './query.ts'

/** Hands a request to who runs activities, after access and validation; key, transactions and effect are theirs. */
export function createActivityExecutor(
  parts: OperationParts,
  guard: CommandGuard,
  activity: BoundActivity,
): CallExecutor {
  return async (request, bounds) => {
    const observation = observe(parts, request)
    const { runtime } = parts.service
    try {
      const call = admitCommand(parts, request, bounds, observation.span.traceparent)
      if (call.onlyOwner) await requireOwner(call, guard, runtime.database.reader)
      requireTime(bounds, runtime.environment.clock)
      if (runtime.activities === undefined)
        throw frameworkError('ARC_APPLICATION_INVALID', `The host of ${parts.path} runs no activities`)
      const answer = await runtime.activities.execute(requestOf(call, activity), bounds)
      observation.succeeded()
      return answer
    } catch (error) {
      const failure = errorOfFramework(parts, declared(parts, error), request.metadata)
      observation.failed(failure)
      throw failure
    }
  }
}

function requestOf(
  { request, scope, inputHash, traceparent, input }: CommandCall,
  activity: BoundActivity,
): ActivityRequest {
  const { principal, correlationId, undoes, traceparent: parent } = request.metadata
  const metadata = { principal, correlationId, traceparent: traceparent ?? parent }
  // Validated, so it is JSON; the intent and what comes after it see this very input, also after an upgrade.
  return { activity, scope, inputHash, input: input as JsonValue, undoes, metadata }
}

/** A stored refusal knows its code; who declares it is known here. */
function declared(parts: OperationParts, error: unknown): unknown {
  if (
    !isArchipelError(error) ||
    error.declaredBy !== undefined ||
    !Object.hasOwn(parts.definition.errors, error.code)
  )
    return error
  const { code, kind, effect, message, details } = error
  return new ArchipelError({ code, kind, effect, message, details, declaredBy: parts.service.name })
}
