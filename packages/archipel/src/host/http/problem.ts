import {
  ERROR_CATALOGUE,
  ERROR_KINDS,
  frameworkError,
  isArchipelError,
  type ArchipelError,
  type JsonObject,
} from '../../errors/index.ts'

/** A problem document of RFC 9457. */
export interface Problem {
  readonly status: number
  readonly body: JsonObject
  readonly retryAfterMs: number | undefined
}

/** Kinds whose messages may speak of hosts, statements and files: outside, only the catalogue's summary is told. */
const INSIDE_KINDS = new Set(['unavailable', 'internal'])

function isCatalogued(code: string): code is keyof typeof ERROR_CATALOGUE {
  return Object.hasOwn(ERROR_CATALOGUE, code)
}

/**
 * What of an error may leave: errors that a contract declares go as they are; of the framework's own, those that
 * speak of the inside lose their message; whatever else was thrown becomes ARC_INTERNAL.
 */
function publicError(error: unknown): ArchipelError {
  if (!isArchipelError(error))
    return frameworkError('ARC_INTERNAL', ERROR_CATALOGUE.ARC_INTERNAL.summary, {
      effect: 'unknown',
      cause: error,
    })
  if (error.declaredBy !== undefined) return error
  const { code, kind, effect, retryAfterMs } = error
  if (kind === 'internal' || !isCatalogued(code)) {
    return frameworkError('ARC_INTERNAL', ERROR_CATALOGUE.ARC_INTERNAL.summary, { effect, cause: error })
  }
  if (INSIDE_KINDS.has(kind))
    return frameworkError(code, ERROR_CATALOGUE[code].summary, { effect, retryAfterMs, cause: error })
  return error
}

/** @param status replaces the status of the kind, for refusals that HTTP knows better (431, 505 …). */
export function problemOf(thrown: unknown, correlationId: string, status?: number): Problem {
  const error = publicError(thrown)
  const kind = ERROR_KINDS[error.kind]
  const statusCode = status ?? kind.http
  return {
    status: statusCode,
    retryAfterMs: error.retryAfterMs,
    body: {
      type: `urn:archipel:error:${error.code}`,
      title: kind.title,
      status: statusCode,
      detail: error.message,
      // Anything that a header can hold may be a correlation id; a URI holds less.
      instance: `urn:archipel:request:${encodeURIComponent(correlationId)}`,
      code: error.code,
      kind: error.kind,
      effect: error.effect,
      correlationId,
      ...(error.details !== undefined && { details: error.details }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    },
  }
}
