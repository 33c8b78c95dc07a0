import { extname, join } from 'node:path'
import { ArchipelError } from '../errors/index.ts'
import type { CallTarget } from './outbound.ts'

const CLIENT = join(import.meta.dirname, `client${extname(import.meta.filename)}`)
const OURS = [import.meta.filename, CLIENT, 'node:internal/']
const TURN = Promise.resolve()

/**
 * Fails as its caller is to know of it, with the lines that wait for the call. The promise of the call must follow this
 * one: only then does the stack know who waits, and a call that succeeds pays nothing.
 * @throws always: the error as it is told to the caller.
 */
export async function failedCall(
  error: ArchipelError,
  target: Pick<CallTarget, 'service' | 'operation'>,
): Promise<never> {
  // After two turns the promise that the caller was given follows this one, and the stack tells who waits for it.
  await TURN
  await TURN
  throw fromCall(error, target)
}

/**
 * What came over the wire, and beside it which call it was, with which code, and the stack of this moment. Name and stack
 * stay in this process.
 */
function fromCall(
  error: ArchipelError,
  { service, operation }: Pick<CallTarget, 'service' | 'operation'>,
): ArchipelError {
  const { code, kind, message, effect, details, retryAfterMs, declaredBy, cause } = error
  // A copy: when the time of several calls is up, all of them fail with one error.
  const told = new ArchipelError({ code, kind, message, effect, details, retryAfterMs, declaredBy, cause })
  told.name = `ArchipelError [${service}.${operation} ${code}]`
  told.stack = `${told.name}: ${message}\n${framesFromHere()}`
  return told
}

function framesFromHere(): string {
  const lines = (new Error('here').stack ?? '').split('\n').slice(1)
  return lines.filter((line) => !OURS.some((file) => line.includes(file))).join('\n')
}
