import { ArchipelError, isErrorKind, isJsonObject, type JsonValue } from '../../errors/index.ts'

/** The error that a problem document (RFC 9457) tells of. @param otherwise what is said where it is none. */
export function errorOfProblem(problem: JsonValue, otherwise: string): ArchipelError {
  const { code, kind, detail, effect, details } = isJsonObject(problem) ? problem : {}
  if (typeof code !== 'string' || !isErrorKind(kind))
    return new ArchipelError({ code: 'ARC_INTERNAL', kind: 'internal', message: otherwise })
  return new ArchipelError({
    code,
    kind,
    message: typeof detail === 'string' ? detail : otherwise,
    effect: effect === 'unknown' || effect === 'done' ? effect : 'none',
    ...(isJsonObject(details) && { details }),
  })
}
