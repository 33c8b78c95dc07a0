import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { frameworkError } from '../../errors/index.ts'
import { PROBLEM_TYPE } from './answer.ts'
import { STATUS_CODES } from './node-http.ts'
import { REQUEST_TIMEOUT } from './patience.ts'
import { problemOf } from './problem.ts'

const STATUS_OF: ReadonlyMap<string, readonly [status: number, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'the request line and the headers are too large together']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'the chunk extensions are too large']],
  [REQUEST_TIMEOUT, [408, 'the request did not arrive in time']],
])

/** A complete answer as bytes, for a connection on which node:http has given up, followed by its end. */
export function rawProblem(status: number, message: string, correlationId: string): string {
  const { body } = problemOf(frameworkError('ARC_REQUEST_MALFORMED', message), correlationId, status)
  const text = JSON.stringify(body)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${PROBLEM_TYPE}`,
    'Cache-Control: no-store',
    `X-Correlation-ID: ${correlationId}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n')
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/**
 * Answers what node:http could not parse, once, and closes. An earlier request on the same connection gets its
 * answer first; a request whose own body is malformed gets this answer instead of its own.
 */
export function answerMalformed(
  error: Error,
  socket: Duplex,
  last: ServerResponse | undefined,
  correlationId: string,
): void {
  if (!socket.writable || codeOf(error) === 'ECONNRESET') return void socket.destroy()
  const [status, message] = STATUS_OF.get(codeOf(error)) ?? [400, 'the request is not well-formed HTTP/1.1']
  const finish = () => {
    if (!socket.writable) return void socket.destroy()
    socket.end(rawProblem(status, message, correlationId), () => socket.destroy())
  }
  if (last === undefined || last.writableFinished) return finish()
  if (last.req.complete) return void last.once('close', finish)
  // Its answer was refusal enough, and has closed the connection, but for one that still waits for the body.
  if (last.writableEnded) return void (codeOf(error) === REQUEST_TIMEOUT && socket.destroy())
  // A stream in the middle is cut.
  if (last.headersSent) return void socket.destroy()
  finish()
}
