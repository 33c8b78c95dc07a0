import { incomingBytes, type Exchange } from '../host/index.ts'
import type { IncomingBody } from '../call/index.ts'
import type { AnswerOperation } from './call-answers.ts'

/** Answers an upload like a command, with its bytes as they come from the client. */
export function createUploadAnswers(answerCall: AnswerOperation, stallMs: number): AnswerOperation {
  return (exchange, route, request, span) =>
    answerCall(exchange, route, { ...request, body: bodyOf(exchange, stallMs) }, span)
}

function bodyOf(exchange: Exchange, stallMs: number): IncomingBody {
  const { contentType = '', contentLength, transferEncoding } = exchange.headers
  const length = transferEncoding === undefined ? Number(contentLength ?? 0) : undefined
  return { contentType, length, bytes: incomingBytes(exchange, stallMs) }
}
