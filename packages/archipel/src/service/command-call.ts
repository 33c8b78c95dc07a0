import type { CallBounds, CallRequest } from '../call/index.ts'
import type { Queryable, CommandScope } from '../storage/index.ts'
import { hashOfInput, scopeOf } from './command-scope.ts'
import type { ReadContext } from './context.ts'
import { isLostRace } from './lost-race.ts'
import { errorOfHandler, type OperationParts } from './operation-parts.ts'
import type { ReceivedBody } from './received-body.ts'
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

/** A request that may come in, with its input in order. */
export interface Admission {
  readonly parts: OperationParts
  readonly request: CallRequest
  readonly input: unknown
  /** Let in only if the thing turns out to be the caller's. */
  readonly onlyOwner: boolean
}

/** What is known of a request beside what was let in. */
interface CallFacts {
  readonly bounds: CallBounds
  readonly traceparent: string | undefined
  readonly inputHash: Buffer
  /** Only of an upload. */
  readonly body?: ReceivedBody
}

/** One request of a command, after access and validation. */
export interface CommandCall extends Admission, CallFacts {
  readonly scope: CommandScope
}

/** Checks access and input; nothing of this is ever stored as the answer of a key. */
export function admit(parts: OperationParts, request: CallRequest): Admission {
  const onlyOwner = parts.access.admit(request.metadata) === 'if-owner'
  return { parts, request, onlyOwner, input: parts.input(request.input) }
}

export function commandCall(admission: Admission, facts: CallFacts): CommandCall {
  const { parts, request } = admission
  const key = request.metadata.idempotencyKey ?? parts.service.id()
  return { ...admission, ...facts, scope: scopeOf(parts.name, request.metadata, key, facts.inputHash) }
}

/** The call in a request that may come in. */
export function admitCommand(
  parts: OperationParts,
  request: CallRequest,
  bounds: CallBounds,
  traceparent: string | undefined,
): CommandCall {
  const admission = admit(parts, request)
  return commandCall(admission, { bounds, traceparent, inputHash: hashOfInput(request.input) })
}

/** @throws what is said of a thing that doesn't exist, when it is somebody else's. */
export async function requireOwner(
  { parts, request, input }: Admission,
  { ownerOf }: CommandGuard,
  db: Queryable,
): Promise<void> {
  const { principal } = request.metadata
  let owner: string | undefined
  try {
    owner = await ownerOf?.(input, db)
  } catch (error) {
    if (isLostRace(error)) throw error
    throw errorOfHandler(parts, error, request)
  }
  if (owner === undefined || principal === undefined || owner !== principal.id) throw parts.absent()
}

export async function reach(parts: OperationParts, point: string): Promise<void> {
  const { faults } = parts.service.runtime.environment
  if (faults.armed) await faults.reach(point, `${parts.service.name}.${parts.name}`)
}
