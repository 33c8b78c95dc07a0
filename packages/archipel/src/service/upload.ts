import { frameworkError, type Effect } from '../errors/index.ts'
import { settled } from './command.ts'
import {
  admit,
  commandCall,
  reach,
  requireOwner,
  type Admission,
  type CommandImplementation,
} from './command-call.ts'
import { hashOfInput } from './command-scope.ts'
import { observe } from './observed.ts'
import { errorOfFramework, type OperationParts } from './operation-parts.ts'
import type { CallExecutor } from './query.ts'
import { receiveBody, type ReceivedBody } from './received-body.ts'

/** How long what follows the last byte may take: the transaction, and `prepare` before it. */
const WORK_MS = 30_000

/**
 * Runs an upload: access, input and owner first, so that nobody sends in vain; then the bytes are taken in, with no
 * connection of the database held; then it is a command like any other, whose key covers the bytes as well.
 */
export function createUploadExecutor(
  parts: OperationParts,
  implementation: CommandImplementation,
): CallExecutor {
  return async (request, bounds) => {
    const observation = observe(parts, request)
    const { runtime } = parts.service
    let effect: Effect = 'none'
    try {
      const admission = admit(parts, request)
      await requireOwnerFirst(admission, implementation)
      if (request.body === undefined)
        throw frameworkError('ARC_INPUT_INVALID', `${parts.path} is an upload, and there is no body`)
      await using body = await receiveBody(request.body, parts.definition.bytes, runtime.environment.files)
      await reach(parts, 'upload.received')
      using within = runtime.bounds.within(bounds, WORK_MS)
      const call = commandCall(admission, {
        bounds: within,
        traceparent: observation.span.traceparent,
        inputHash: hashOfUpload(request.input, body),
        body,
      })
      const outcome = await settled(call, implementation)
      effect = 'unknown'
      await reach(parts, 'upload.answered')
      if ('refusal' in outcome) throw outcome.refusal
      observation.succeeded()
      return outcome.answer
    } catch (error) {
      const failure = errorOfFramework(parts, error, request.metadata, effect)
      observation.failed(failure)
      throw failure
    }
  }
}

/** Asked again in the transaction: until the last byte is here, the thing may have got another owner. */
async function requireOwnerFirst(admission: Admission, implementation: CommandImplementation): Promise<void> {
  if (admission.onlyOwner)
    await requireOwner(admission, implementation, admission.parts.service.runtime.database.reader)
}

/** Two uploads are the same when their inputs, the types they are sent as, and all their bytes are equal. */
function hashOfUpload(input: unknown, { contentType, sha256 }: ReceivedBody): Buffer {
  return hashOfInput({ input, contentType, sha256 }, input)
}
