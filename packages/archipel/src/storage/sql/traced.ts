import { extname, join } from 'node:path'
import { frameworkError, isArchipelError } from '../../errors/index.ts'
import { isServerError } from '../connection/errors.ts'

const LONGEST = 400
/** The SQLSTATE of a write where only reading is allowed. */
const READ_ONLY = '25006'
const ONLY_READS =
  'a query, `prepare`, a stream and a download only read: make the operation a command, whose `db.run(…)` writes'
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
  const advice = adviceFor(error)
  const lines = [`in the statement: ${statement}`, ...(advice === undefined ? [] : [advice])]
  error.stack = `${error.name}: ${error.message}\n    ${lines.join('\n    ')}\n${framesFromHere()}`
  const hints = { ...told(error, 'position'), ...told(error, 'hint') }
  return Object.assign(error, { details: { statement, ...hints, ...(advice !== undefined && { advice }) } })
}

/** What the server doesn't know: which handlers write. */
function adviceFor(error: Error): string | undefined {
  return 'code' in error && error.code === READ_ONLY ? ONLY_READS : undefined
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
