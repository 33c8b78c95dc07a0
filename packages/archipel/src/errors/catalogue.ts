import { ArchipelError, type Effect } from './archipel-error.ts'
import type { JsonObject } from './json.ts'
import type { ErrorKind } from './kinds.ts'

interface CatalogueEntry {
  readonly kind: ErrorKind
  /** What happened, in general; the message of one error says to what. */
  readonly summary: string
  /** What to do about it. */
  readonly advice: string
}

/** Every error that the framework itself can give. `docs/errors.md` is made from this list; a code is never reused. */
export const ERROR_CATALOGUE = {
  ARC_INPUT_INVALID: {
    kind: 'invalid',
    summary: 'The input does not fit the operation.',
    advice: 'Mend the fields that `details.issues` names; each has a path and a message.',
  },
  ARC_BODY_MALFORMED: {
    kind: 'invalid',
    summary: 'The body is not valid JSON.',
    advice: 'Send one JSON value in UTF-8, without duplicate or forbidden names (`__proto__`).',
  },
  ARC_BODY_TOO_LARGE: {
    kind: 'too-large',
    summary: 'The body is larger than the limit.',
    advice: 'Send less, or split the work into several requests.',
  },
  ARC_CONTENT_TYPE: {
    kind: 'unsupported',
    summary: 'The content type is not one that the operation reads.',
    advice: 'Send one of the types that `/openapi.json` names; of JSON `content-type: application/json`.',
  },
  ARC_RANGE_UNSATISFIABLE: {
    kind: 'invalid',
    summary: 'The range begins behind the end of what there is.',
    advice: 'Ask for bytes below the length in `Content-Range`, or leave `Range` out.',
  },
  ARC_REQUEST_MALFORMED: {
    kind: 'invalid',
    summary: 'The HTTP request is not well-formed.',
    advice: 'Check the request line, host, path encoding and headers.',
  },
  ARC_NO_ROUTE: {
    kind: 'not-found',
    summary: 'Nothing is served at this path.',
    advice: 'See `/openapi.json` for the paths that exist.',
  },
  ARC_METHOD_NOT_ALLOWED: {
    kind: 'method-not-allowed',
    summary: 'The path exists, but not with this method.',
    advice: 'Use one of the methods in the `Allow` header.',
  },
  ARC_UNAUTHENTICATED: {
    kind: 'unauthenticated',
    summary: 'The operation needs a valid token.',
    advice: 'Sign in and send `authorization: Bearer TOKEN`.',
  },
  ARC_FORBIDDEN: {
    kind: 'forbidden',
    summary: 'The caller may not do this.',
    advice: 'Use an account whose roles the operation accepts.',
  },
  ARC_NOT_FOUND: {
    kind: 'not-found',
    summary: 'There is no such thing for this caller.',
    advice: 'Check the identifier; things of other owners are reported as absent.',
  },
  ARC_KEY_INVALID: {
    kind: 'invalid',
    summary: 'The idempotency key is not usable.',
    advice:
      'Send 1 to 200 visible ASCII characters, best a UUID; without a principal at least 128 random bits.',
  },
  ARC_KEY_IN_PROGRESS: {
    kind: 'conflict',
    summary: 'A request with the same idempotency key is still at work.',
    advice: 'Ask again with the same key after `Retry-After`; the answer will be that of the first request.',
  },
  ARC_KEY_REUSED: {
    kind: 'refused',
    summary: 'The idempotency key was used before with another input.',
    advice: 'Use a new key for a new request; repeat a request only with exactly its input.',
  },
  ARC_WITHDRAWN: {
    kind: 'conflict',
    summary: 'The request was withdrawn before it arrived: its undo came first.',
    advice: 'Nothing was done and nothing is left to do.',
  },
  ARC_DEADLINE: {
    kind: 'timed-out',
    summary: 'The deadline passed before there was an answer.',
    advice: 'Ask again with the same idempotency key; it will not be done twice.',
  },
  ARC_CANCELLED: {
    kind: 'cancelled',
    summary: 'The caller gave up before there was an answer.',
    advice: 'Ask again with the same idempotency key if the answer still matters.',
  },
  ARC_NOTHING_SENT: {
    kind: 'unavailable',
    summary: 'The effect of an activity could not be sent; nothing has left.',
    advice: 'Nothing: it is tried again by itself. If it stays so, see that the other side can be reached.',
  },
  ARC_UNAVAILABLE: {
    kind: 'unavailable',
    summary: 'The service can not be reached at the moment.',
    advice: 'Ask again after a while, with the same idempotency key.',
  },
  ARC_LIMITED: {
    kind: 'limited',
    summary: 'Too many requests in a short time.',
    advice: 'Wait for `Retry-After` before you ask again.',
  },
  ARC_DATABASE_UNAVAILABLE: {
    kind: 'unavailable',
    summary: 'The database did not answer.',
    advice: 'Ask again with the same idempotency key: with effect `unknown` the work may have happened.',
  },
  ARC_INTERNAL: {
    kind: 'internal',
    summary: 'Something went wrong inside; what, stands in the log under the correlation id.',
    advice:
      'Report the correlation id of the answer. With effect `unknown` the work may have happened: ask again with the same idempotency key.',
  },
  ARC_OUTPUT_INVALID: {
    kind: 'internal',
    summary: "A handler's answer does not fit its contract.",
    advice: 'Mend the handler: the log names the operation and the fields.',
  },
  ARC_CONTRACT_INVALID: {
    kind: 'invalid',
    summary: 'A contract promises something that can not be kept.',
    advice: 'Mend the contract at the paths that the message lists.',
  },
  ARC_APPLICATION_INVALID: {
    kind: 'invalid',
    summary: 'The application does not fit together.',
    advice: 'Mend what the message lists, each with its path.',
  },
  ARC_CONFIGURATION_INVALID: {
    kind: 'invalid',
    summary: 'The configuration is not valid.',
    advice: 'Mend the settings that the message lists, each with its path.',
  },
  ARC_PORT_IN_USE: {
    kind: 'unavailable',
    summary: 'The port is taken by another process.',
    advice: 'Stop that process, or choose another port with `PORT` (`PORT=0` takes a free one).',
  },
  ARC_DATA_IN_USE: {
    kind: 'conflict',
    summary: 'Another host runs on the same data.',
    advice: 'Stop that process, or choose another folder with `ARCHIPEL_DATA`.',
  },
  ARC_DATABASE_SETTINGS: {
    kind: 'refused',
    summary: 'The settings of the database weaken what Archipel promises.',
    advice: 'Switch `fsync`, `full_page_writes` and `synchronous_commit` on, and enable data checksums.',
  },
  ARC_DATABASE_START: {
    kind: 'unavailable',
    summary: 'The embedded PostgreSQL did not start.',
    advice: 'Read the end of its log in the message; `DATABASE_URL` names a server of your own instead.',
  },
  ARC_MIGRATION_CHANGED: {
    kind: 'refused',
    summary: 'A migration that has run was changed afterwards.',
    advice: 'Restore the file and write the change as a new migration.',
  },
  ARC_MIGRATION_FAILED: {
    kind: 'refused',
    summary: 'A migration failed and was rolled back.',
    advice: 'Mend the statement that the message shows, with its file and line, and start again.',
  },
  ARC_STATEMENT_REFUSED: {
    kind: 'internal',
    summary: 'A handler sent a statement that would end the transaction around it.',
    advice:
      'Leave BEGIN, COMMIT, ROLLBACK and the like to the framework; `db.transaction()` gives a savepoint.',
  },
  ARC_ROW_INVALID: {
    kind: 'internal',
    summary: 'A row does not fit the schema that reads it, or is missing.',
    advice: 'Compare the statement with the schema; the log names the column.',
  },
  ARC_OWNERSHIP_LOST: {
    kind: 'unavailable',
    summary: 'Another instance took over this work.',
    advice: 'Nothing: the new owner goes on with it.',
  },
  ARC_ACTION_REFUSED: {
    kind: 'conflict',
    summary: "The operator's action does not fit the present state.",
    advice: 'Look at the item again: it may have moved on.',
  },
  ARC_COMMAND_LINE: {
    kind: 'invalid',
    summary: 'The command line is not valid.',
    advice: 'See `archipel --help`, or `archipel help COMMAND`.',
  },
  ARC_MODULE: {
    kind: 'invalid',
    summary: 'A file that the command was given could not be loaded, or holds nothing for it.',
    advice:
      'Give the path of a module, relative to the working folder: one that exports contracts, or the main module of an application.',
  },
  ARC_NOT_RUNNING: {
    kind: 'unavailable',
    summary: 'No application runs where it was looked for.',
    advice:
      'Start it, or say where it is: `--data FOLDER` (or `ARCHIPEL_DATA`), else `--url` with `--token-file`.',
  },
  ARC_OPERATOR_TOKEN: {
    kind: 'unauthenticated',
    summary: 'The operations door was not opened: there is no token, or it is not the right one.',
    advice:
      'Use the file `operations-token` of the data folder that the application runs on, as the user that it runs as; `--token-file` names it.',
  },
} as const satisfies Record<string, CatalogueEntry>

export type FrameworkErrorCode = keyof typeof ERROR_CATALOGUE

export interface FrameworkErrorOptions {
  readonly effect?: Effect | undefined
  readonly details?: JsonObject | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** An error of the framework's own catalogue. `message` says what happened and to what. */
export function frameworkError(
  code: FrameworkErrorCode,
  message: string,
  options: FrameworkErrorOptions = {},
): ArchipelError {
  return new ArchipelError({ code, kind: ERROR_CATALOGUE[code].kind, message, ...options })
}
