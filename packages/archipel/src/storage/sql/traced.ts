import { frameworkError, isArchipelError } from '../../errors/index.ts'
import { isServerError } from '../connection/errors.ts'

const LONGEST = 400

/**
 * What a failed statement adds to its error for whoever reads the log: its text, which holds no values, and the line of
 * the handler that sent it. Called where the statement was awaited: there the stack still knows who waits.
 */
export function traced(error: unknown, text: string): unknown {
  const statement = shortened(text)
  if (isArchipelError(error)) return rowTraced(error, statement)
  if (!(error instanceof Error) || !isServerError(error) || 'details' in error) return error
  error.stack = `${error.name}: ${error.message}\n    in the statement: ${statement}\n${framesFromHere()}`
  return Object.assign(error, { details: { statement, ...told(error, 'position'), ...told(error, 'hint') } })
}

function rowTraced(error: Error & { readonly code: string }, statement: string): unknown {
  return error.code === 'ARC_ROW_INVALID'
    ? frameworkError('ARC_ROW_INVALID', `${error.message} The statement: ${statement}`, {
        cause: error.cause,
      })
    : error
}

function told(error: Error, name: string): Record<string, unknown> {
  const value: unknown = Reflect.get(error, name)
  return value === undefined ? {} : { [name]: value }
}

/** The frames of those who wait, without this file's own. */
function framesFromHere(): string {
  const lines = (new Error('here').stack ?? '').split('\n').slice(1)
  return lines.filter((line) => !line.includes(import.meta.filename)).join('\n')
}

function shortened(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ').trim()
  return oneLine.length > LONGEST ? `${oneLine.slice(0, LONGEST)}…` : oneLine
}
