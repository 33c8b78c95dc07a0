import { requireTime } from '../call/index.ts'
import { frameworkError, type JsonValue } from '../errors/index.ts'
import type { BoundActivity } from '../saga/index.ts'
import { admitCommand, requireOwner, type CommandCall, type CommandGuard } from './command-call.ts'
import { observe } from './observed.ts'
import { errorOfFramework, type OperationParts } from './operation-parts.ts'
import type { CallExecutor } from './query.ts'

/** Hands a request to who runs activities, after access and validation; key, transactions and effect are theirs. */
export function createActivityExecutor(parts: OperationParts, guard: CommandGuard, activity: BoundActivity): CallExecutor {
  return async (request, bounds) => {
    const observation = observe(parts, request)
    const { runtime } = parts.service
    try {
      const call = admitCommand(parts, request, bounds, observation.span.traceparent)
      if (call.onlyOwner) await requireOwner(call, guard, runtime.database.reader)
      requireTime(bounds, runtime.environment.clock)
      if (runtime.runActivity === undefined) throw frameworkError('ARC_APPLICATION_INVALID', `The host of ${parts.path} runs no activities`)
      const answer = await runtime.runActivity(activity, requestOf(call), bounds)
      observation.succeeded()
      return answer
    } catch (error) {
      const failure = errorOfFramework(parts, error, request.metadata)
      observation.failed(failure)
      throw failure
    }
  }
}

function requestOf({ request, scope, inputHash, traceparent, input }: CommandCall) {
  const { principal, correlationId, undoes } = request.metadata
  // Validated, so it is JSON; the intent and what comes after it see this very input, also after an upgrade.
  const json = input as JsonValue
  const call = { key: scope.key, input: json, principal, correlationId, traceparent: traceparent ?? request.metadata.traceparent }
  return { scope, inputHash, undoes, call }
}
