import type { CallBounds, CallRequest } from '../call/index.ts'
import type { Queryable, CommandScope } from '../storage/index.ts'
import { hashOfInput, scopeOf } from './command-scope.ts'
import type { ReadContext } from './context.ts'
import { errorOfHandler, type OperationParts } from './operation-parts.ts'
import type { ErasedHandler, ErasedOwnerOf } from './types.ts'

/** What a command consists of beside its handler; an activity has no more than this. */
export interface CommandGuard {
  readonly ownerOf: ErasedOwnerOf | undefined
}

/** A command as it was written. */
export interface CommandImplementation extends CommandGuard {
  readonly handler: ErasedHandler
  readonly prepare: ErasedHandler | undefined
  readonly Context: typeof ReadContext
}

/** One request of a command, after access and validation. */
export interface CommandCall {
  readonly parts: OperationParts
  readonly request: CallRequest
  readonly bounds: CallBounds
  readonly traceparent: string | undefined
  readonly input: unknown
  /** Let in only if the thing turns out to be the caller's. */
  readonly onlyOwner: boolean
  readonly scope: CommandScope
  readonly inputHash: Buffer
}

/** Checks access and input; nothing of this is ever stored as the answer of a key. */
export function admitCommand(
  parts: OperationParts,
  request: CallRequest,
  bounds: CallBounds,
  traceparent: string | undefined,
): CommandCall {
  const { metadata } = request
  const onlyOwner = parts.access.admit(metadata) === 'if-owner'
  const input = parts.input(request.input)
  const inputHash = hashOfInput(request.input)
  const key = metadata.idempotencyKey ?? parts.service.id()
  return {
    parts,
    request,
    bounds,
    traceparent,
    input,
    onlyOwner,
    inputHash,
    scope: scopeOf(parts.name, metadata, key, inputHash),
  }
}

/** @throws what is said of a thing that doesn't exist, when it is somebody else's. */
export async function requireOwner(
  call: CommandCall,
  { ownerOf }: CommandGuard,
  db: Queryable,
): Promise<void> {
  const { parts, request, input } = call
  const { principal } = request.metadata
  let owner: string | undefined
  try {
    owner = await ownerOf?.(input, db)
  } catch (error) {
    throw errorOfHandler(parts, error, request.metadata)
  }
  if (owner === undefined || principal === undefined || owner !== principal.id) throw parts.absent()
}

export async function reach(parts: OperationParts, point: string): Promise<void> {
  const { faults } = parts.service.runtime.environment
  if (faults.armed) await faults.reach(point, `${parts.service.name}.${parts.name}`)
}
