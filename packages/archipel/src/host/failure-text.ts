import { ERROR_CATALOGUE, ERROR_KINDS, isArchipelError, type ArchipelError } from '../errors/index.ts'

interface Issue {
  readonly path: string
  readonly message: string
}

function isIssue(value: unknown): value is Issue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    'message' in value &&
    typeof value.path === 'string' &&
    typeof value.message === 'string'
  )
}

function issuesOf(error: ArchipelError): Issue[] {
  const issues = error.details?.['issues']
  return Array.isArray(issues) ? issues.filter(isIssue) : []
}

function adviceFor(code: string): string | undefined {
  for (const [known, entry] of Object.entries(ERROR_CATALOGUE)) if (known === code) return entry.advice
  return undefined
}

/**
 * An error as a person at a terminal needs it: what is wrong, every fault with its path, what to do. A stack
 * appears only for faults of the program itself.
 */
export function failureText(error: unknown): string {
  if (!isArchipelError(error))
    return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
  const inside = error.kind === 'internal'
  const advice = adviceFor(error.code)
  return [
    `${error.code}: ${error.message}`,
    ...issuesOf(error)
      .map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`)
      // Some messages list their issues already.
      .filter((line) => !error.message.includes(line))
      .map((line) => `  - ${line}`),
    ...(advice === undefined ? [] : [advice]),
    ...(inside ? [error.stack ?? ''] : []),
    ...(inside && error.cause instanceof Error
      ? [`caused by ${error.cause.stack ?? error.cause.message}`]
      : []),
    '',
  ].join('\n')
}

/** The exit code of a process that ended by `error`, from the table of kinds. */
export function exitCodeOf(error: unknown): number {
  return isArchipelError(error) ? ERROR_KINDS[error.kind].exit : ERROR_KINDS.internal.exit
}
