import { frameworkError } from '../../errors/index.ts'
import type { Exchange } from './answer.ts'

/**
 * The bytes of a body as they come, no faster than they are taken. A client that announced its body is told to send it
 * when the first of them is asked for.
 *
 * @param stallMs how long each piece is waited for; while nobody takes any, nothing is.
 * @throws ARC_CANCELLED when the client goes away before the end.
 */
export async function* incomingBytes(exchange: Exchange, stallMs: number): AsyncIterable<Uint8Array> {
  const { request, response, headers, patience } = exchange
  if (headers.expect !== undefined) response.writeContinue()
  patience?.wait(stallMs)
  try {
    // The connection is kept when its reader leaves early: the refusal has still to be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      patience?.rest()
      yield chunk
      patience?.wait(stallMs)
    }
  } catch (error) {
    throw frameworkError('ARC_CANCELLED', 'the client went away before its body was complete', {
      cause: error,
    })
  } finally {
    // What was not taken is not waited for without end either.
    patience?.wait(stallMs)
  }
}
