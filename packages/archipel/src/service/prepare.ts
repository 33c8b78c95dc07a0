import { requireTime } from '../call/index.ts'
import type { ArchipelError } from '../errors/index.ts'
import { requireOwner, type CommandCall, type CommandImplementation } from './command-call.ts'
import { errorOfHandler, isDeclared } from './operation-parts.ts'
import { outcomeOfClaim, type Outcome } from './outcome.ts'

/** What the transaction begins with: its outcome isn't known yet, or not recorded. */
export type Unknown = { readonly value: unknown } | { readonly refusal: ArchipelError }

/** What is known before the transaction begins. */
export type Prepared = Unknown | { readonly known: Outcome }

const NOTHING: Prepared = { value: undefined }

/** Where there is a `prepare`: owner on a read-only connection, look-up of the key, `prepare` itself; no transaction. */
export async function prepared(call: CommandCall, implementation: CommandImplementation): Promise<Prepared> {
  const { prepare, Context } = implementation
  if (prepare === undefined) return NOTHING
  const { parts, request, bounds, traceparent, input, body } = call
  const { runtime } = parts.service
  requireTime(bounds, runtime.environment.clock)
  if (call.onlyOwner) await requireOwner(call, implementation, runtime.database.reader)
  if (request.metadata.idempotencyKey !== undefined && !parts.definition.secret) {
    const known = outcomeOfClaim(parts, await runtime.idempotency.look(call.scope, call.inputHash))
    if (known !== undefined) return { known }
  }
  try {
    const value = await prepare(input, new Context(parts, request, bounds, traceparent, body))
    return isDeclared(parts, value) ? refusedBy(value) : { value }
  } catch (error) {
    if (isDeclared(parts, error)) return refusedBy(error)
    throw errorOfHandler(parts, error, request)
  }
}

/** A final refusal becomes the answer of the key; any other error ends this request alone. */
function refusedBy(error: ArchipelError): Prepared {
  if (error.final) return { refusal: error }
  throw error
}
