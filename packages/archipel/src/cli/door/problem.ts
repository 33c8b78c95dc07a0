import { ArchipelError, isErrorKind, type JsonObject, type JsonValue } from '../../errors/index.ts'

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The error that a problem document (RFC 9457) tells of. @param otherwise what is said where it is none. */
export function errorOfProblem(problem: JsonValue, otherwise: string): ArchipelError {
  const { code, kind, detail, effect, details } = isObject(problem) ? problem : {}
  if (typeof code !== 'string' || !isErrorKind(kind))
    return new ArchipelError({ code: 'ARC_INTERNAL', kind: 'internal', message: otherwise })
  return new ArchipelError({
    code,
    kind,
    message: typeof detail === 'string' ? detail : otherwise,
    effect: effect === 'unknown' || effect === 'done' ? effect : 'none',
    ...(isObject(details) && { details }),
  })
}
