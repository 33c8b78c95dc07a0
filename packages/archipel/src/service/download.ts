import { requireTime, type CallBounds, type CallRequest, type Download } from '../call/index.ts'
import { frameworkError, isArchipelError, type ArchipelError } from '../errors/index.ts'
import { admit, requireOwner } from './command-call.ts'
import type { ReadContext } from './context.ts'
import type { DownloadAnswer } from './handler-types.ts'
import { observe } from './observed.ts'
import { errorOfFramework, errorOfHandler, type OperationParts } from './operation-parts.ts'
import type { ErasedHandler, ErasedOwnerOf } from './types.ts'

export interface DownloadImplementation {
  readonly handler: ErasedHandler
  readonly ownerOf: ErasedOwnerOf | undefined
  readonly Context: typeof ReadContext
}

export type DownloadExecutor = (request: CallRequest, bounds: CallBounds) => Promise<Download>

const ENTITY_TAG = /^[\x21\x23-\x7e]{1,100}$/

/** Runs a download: access, input, owner, then what the handler says of it; its bytes come when they are read. */
export function createDownloadExecutor(
  parts: OperationParts,
  implementation: DownloadImplementation,
): DownloadExecutor {
  const { runtime } = parts.service
  return async (request, bounds) => {
    const observation = observe(parts, request)
    try {
      const admission = admit(parts, request)
      requireTime(bounds, runtime.environment.clock)
      if (admission.onlyOwner) await requireOwner(admission, implementation, runtime.database.reader)
      const context = new implementation.Context(parts, request, bounds, observation.span.traceparent)
      const answer = await answered(parts, request, async () =>
        implementation.handler(admission.input, context),
      )
      const download = described(parts, request, answer)
      observation.succeeded()
      return download
    } catch (error) {
      const failure = errorOfFramework(parts, error, request.metadata)
      observation.failed(failure)
      throw failure
    }
  }
}

async function answered(
  parts: OperationParts,
  request: CallRequest,
  handle: () => Promise<unknown>,
): Promise<DownloadAnswer> {
  try {
    const answer = await handle()
    if (isArchipelError(answer)) throw answer
    // The types of `operation` let nothing else pass as the answer of a download.
    return answer as DownloadAnswer
  } catch (error) {
    throw errorOfHandler(parts, error, request)
  }
}

/** @throws ARC_OUTPUT_INVALID for what no header can say, or what the contract doesn't name. */
function described(parts: OperationParts, request: CallRequest, answer: DownloadAnswer): Download {
  const { contentType, length, entityTag } = answer
  if (!parts.definition.bytes?.contentTypes.includes(contentType))
    throw wrong(parts, `${JSON.stringify(contentType)} is none of its content types`)
  if (length !== undefined && (!Number.isSafeInteger(length) || length < 0))
    throw wrong(parts, `${length} is no number of bytes`)
  if (entityTag !== undefined && !ENTITY_TAG.test(entityTag))
    throw wrong(parts, 'its entity tag is not 1 to 100 visible ASCII characters without quotes')
  const read = (from: number, to: number) => counted(parts, request, answer.read(from, to), to - from)
  return { contentType, length, entityTag, read }
}

/** The bytes, as many as were promised: the length has been sent when the first of them leaves. */
async function* counted(
  parts: OperationParts,
  request: CallRequest,
  bytes: AsyncIterable<Uint8Array>,
  promised: number,
): AsyncIterable<Uint8Array> {
  let given = 0
  try {
    for await (const chunk of bytes) {
      given += chunk.length
      if (given > promised) throw wrong(parts, `it gives more than the ${promised} bytes that it promised`)
      yield chunk
    }
    if (promised !== Infinity && given < promised)
      throw wrong(parts, `it ended after ${given} of ${promised} bytes`)
  } catch (error) {
    throw errorOfHandler(parts, error, request)
  }
}

function wrong(parts: OperationParts, what: string): ArchipelError {
  return frameworkError(
    'ARC_OUTPUT_INVALID',
    `The answer of ${parts.path} does not fit its contract: ${what}`,
  )
}
