import { extname, join } from 'node:path'
import { frameworkError, isArchipelError } from '../../errors/index.ts'
import { isServerError } from '../connection/errors.ts'

const LONGEST = 400
const LENT_VIEW = join('transaction', `lent-view${extname(import.meta.filename)}`)
const OURS = [import.meta.filename, join(import.meta.dirname, '..', LENT_VIEW), 'node:internal/']

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
  if (error.code !== 'ARC_ROW_INVALID') return error
  const { message, cause } = error
  const told = frameworkError('ARC_ROW_INVALID', `${message} The statement: ${statement}`, { cause })
  told.stack = `${told.name}: ${told.message}\n${framesFromHere()}`
  return told
}

function told(error: Error, name: string): Record<string, unknown> {
  const value: unknown = Reflect.get(error, name)
  return value === undefined ? {} : { [name]: value }
}

/** The frames of those who wait, without our own: the first one is the line that sent the statement. */
function framesFromHere(): string {
  const lines = (new Error('here').stack ?? '').split('\n').slice(1)
  return lines.filter((line) => !OURS.some((file) => line.includes(file))).join('\n')
}

function shortened(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ').trim()
  return oneLine.length > LONGEST ? `${oneLine.slice(0, LONGEST)}…` : oneLine
}
