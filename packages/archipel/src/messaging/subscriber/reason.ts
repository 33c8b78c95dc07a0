import { isArchipelError } from '../../errors/index.ts'
import { causeOf } from './work.ts'

const LONGEST = 2_000

/** Why an event could not be handled, for the list of dead letters: what failed, in which statement, at which line. */
export function reasonOf(failure: unknown): string {
  const cause = causeOf(failure)
  const name = isArchipelError(cause) ? cause.code : cause.name
  const statement = statementOf(cause)
  const told = `${name}: ${cause.message}${statement === undefined ? '' : `; in the statement: ${statement}`}`
  return `${told}${placeOf(cause)}`.slice(0, LONGEST)
}

function statementOf(cause: Error): string | undefined {
  const details = 'details' in cause ? cause.details : undefined
  if (typeof details !== 'object' || details === null || !('statement' in details)) return undefined
  return String(details.statement)
}

/** The innermost line of a stack: the handler's, as statements leave their own lines out. */
function placeOf({ stack = '' }: Error): string {
  const frame = /^ {4}at (.+)$/m.exec(stack)?.[1]
  return frame === undefined ? '' : ` (at ${frame})`
}
