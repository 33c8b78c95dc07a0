/**
 * The closed list of what can go wrong, without a word of any transport. This is the one table that maps a
 * kind to HTTP, to a process's exit code, and to whether it can be the final answer of a command.
 *
 * `final`: asking again with the same key would give the same answer, so it is stored as the answer of its key.
 * Exit codes are those of sysexits.h where one fits.
 */
export const ERROR_KINDS = {
  invalid: { http: 400, exit: 65, final: true, title: 'The request is not valid' },
  unauthenticated: { http: 401, exit: 77, final: true, title: 'Authentication is required' },
  forbidden: { http: 403, exit: 77, final: true, title: 'This is not allowed' },
  'not-found': { http: 404, exit: 66, final: true, title: 'There is no such thing' },
  'method-not-allowed': { http: 405, exit: 64, final: true, title: 'The method is not allowed here' },
  conflict: { http: 409, exit: 73, final: true, title: 'The request conflicts with the present state' },
  'too-large': { http: 413, exit: 65, final: true, title: 'The request is too large' },
  unsupported: { http: 415, exit: 65, final: true, title: 'This form of content is not supported' },
  refused: { http: 422, exit: 65, final: true, title: 'The request was refused' },
  limited: { http: 429, exit: 75, final: false, title: 'Too many requests' },
  cancelled: { http: 499, exit: 130, final: false, title: 'The caller gave up' },
  internal: { http: 500, exit: 70, final: false, title: 'Something went wrong inside' },
  unavailable: { http: 503, exit: 69, final: false, title: 'Not available at the moment' },
  'timed-out': { http: 504, exit: 75, final: false, title: 'Not finished in time' },
} as const satisfies Record<string, { http: number; exit: number; final: boolean; title: string }>

export type ErrorKind = keyof typeof ERROR_KINDS

export function isErrorKind(value: unknown): value is ErrorKind {
  return typeof value === 'string' && Object.hasOwn(ERROR_KINDS, value)
}
