import { frameworkError, type ArchipelError } from '../../errors/index.ts'
import { leadingTokens } from './leading-tokens.ts'

/** All savepoints of the framework begin with it; users' own may not. */
export const OUR_NAMES = 'archipel_'

/** They would end the transaction, leave something behind in the session, or change who is acting. */
const REFUSED = new Set([
  'BEGIN', 'START', 'COMMIT', 'END', 'ABORT', 'PREPARE', 'EXECUTE', 'DEALLOCATE', 'DISCARD',
  'RESET', 'LISTEN', 'UNLISTEN', 'LOAD', 'COPY',
]) // prettier-ignore

/** Command tags that no statement of a user may have, whatever its text looked like. */
const REFUSED_TAGS = new Set([
  'BEGIN',
  'START TRANSACTION',
  'COMMIT',
  'PREPARE TRANSACTION',
  'COMMIT PREPARED',
  'ROLLBACK PREPARED',
])

/** @throws ARC_STATEMENT_REFUSED, with nothing sent, for a statement that would break the transaction around it. */
export function guardStatement(text: string): void {
  const tokens = leadingTokens(text, 5)
  const first = tokens[0] ?? ''
  const refused =
    REFUSED.has(first) ||
    (first === 'SET' && !['LOCAL', 'CONSTRAINTS'].includes(tokens[1] ?? '')) ||
    (first === 'ROLLBACK' && !isOwnSavepoint(afterTo(tokens))) ||
    (['SAVEPOINT', 'RELEASE'].includes(first) && !isOwnSavepoint(tokens.slice(1)))
  if (refused)
    throw statementRefused(
      `A handler may not send "${tokens.slice(0, 3).join(' ')}": the transaction belongs to the framework.`,
    )
  if (/synchronous_commit/i.test(text))
    throw statementRefused('A handler may not touch synchronous_commit: commits are durable.')
}

/** Whether the session may carry something after the transaction: settings or locks that outlive it. */
export function outlivesTransaction(text: string): boolean {
  return /set_config|pg_(try_)?advisory_lock|\btemp(orary)?\b/i.test(text)
}

/** @returns why the answer shows that the statement did more than it may; `undefined` when all is well. */
export function surpriseIn(
  command: string,
  status: string | undefined,
  expected: 'T' | 'I',
): string | undefined {
  if (REFUSED_TAGS.has(command)) return `the server answered ${command}`
  return status === expected ? undefined : `the transaction status became ${status ?? 'unknown'}`
}

export function statementRefused(message: string, effect: 'none' | 'unknown' = 'none'): ArchipelError {
  return frameworkError('ARC_STATEMENT_REFUSED', message, { effect })
}

/** What follows `TO` in `ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name`. */
function afterTo(tokens: readonly string[]): readonly string[] {
  const to = tokens.indexOf('TO')
  return to < 0 ? [] : tokens.slice(to + 1)
}

function isOwnSavepoint(tokens: readonly string[]): boolean {
  const name = tokens[0] === 'SAVEPOINT' ? tokens[1] : tokens[0]
  return name !== undefined && name !== ';' && !name.toLowerCase().startsWith(OUR_NAMES)
}
