import { frameworkError, type ArchipelError, type Effect } from '../../errors/index.ts'

/** What PostgreSQL says about a failure: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether the server refused a row because another one has its key; `constraint` narrows it to one constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false
  return (
    constraint === undefined ||
    (error instanceof Error && 'constraint' in error && error.constraint === constraint)
  )
}

/** Whether the transaction lost against another one (serialization failure, deadlock): a repeat may succeed. */
export function isSerializationFailure(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40001' || code === '40P01'
}

/** Whether a command's key, taken as a new one, isn't new: nothing that came along with it was run. */
export function isKeyKnown(error: unknown): error is Error {
  return codeOf(error) === 'ZK001'
}

/** The value that the server couldn't read as the type of its column or parameter; undefined for any other failure. */
export function unreadableValue(
  error: unknown,
): { readonly text: string; readonly type: string } | undefined {
  if (codeOf(error) !== '22P02' || !(error instanceof Error)) return undefined
  const [, type, text] = /(\S+): "(.*)"$/s.exec(error.message) ?? []
  return type === undefined || text === undefined ? undefined : { text, type }
}

/**
 * Whether a prepared statement came back with other columns than before, because its tables were changed under it.
 * It did nothing, and its connection is cut: a repeat prepares it anew.
 */
export function isStalePlan(error: unknown): boolean {
  const routine = error instanceof Error && 'routine' in error ? error.routine : undefined
  return codeOf(error) === '0A000' && routine === 'RevalidateCachedQuery'
}

/** Whether the server answered with an ordinary error, after which the connection lives on. */
export function isServerError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR'
}

/** Whether connecting may succeed a little later: not there yet, starting up, shutting down, full. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  if (
    [
      'ECONNREFUSED',
      'ENOENT',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      '57P01',
      '57P02',
      '57P03',
      '53300',
    ].includes(code)
  )
    return true
  return error instanceof Error && /^(Connection terminated|timeout expired)/.test(error.message)
}

export function databaseUnavailable(what: string, effect: Effect, cause: unknown): ArchipelError {
  return frameworkError('ARC_DATABASE_UNAVAILABLE', what, { effect, cause, retryAfterMs: 200 })
}
