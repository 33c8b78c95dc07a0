import type { StreamItem } from '../call/index.ts'
import type { Timer } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { drained } from './drained.ts'
import { answerHeaders, problemOf, sendEmpty, type Exchange } from '../host/index.ts'

export interface EventStreamOptions {
  readonly exchange: Exchange
  readonly items: AsyncIterable<StreamItem>
  /** Aborted by the client, by draining, or at the end of the stream's longest life. */
  readonly signal: AbortSignal
  readonly heartbeatMs: number
  readonly headers: readonly string[]
}

/** A client that lost its stream waits this long before it comes again. */
const RETRY_MS = 1_000
/** So long an answer without any item waits, so that a stream that has ended can still be a 204. */
const QUIET_MS = 1_000
const PLAIN_ID = /^[\x21-\x7e]{1,200}$/

function eventText({ id, data }: StreamItem): string {
  if (!PLAIN_ID.test(id))
    throw frameworkError('ARC_INTERNAL', 'the id of an item is not 1 to 200 visible ASCII characters')
  return `id: ${id}\nevent: message\ndata: ${JSON.stringify(data)}\n\n`
}

/** Writes server-sent events, with comments while nothing happens, and waits while the client doesn't read. */
function createWriter({ exchange, heartbeatMs, headers, signal }: EventStreamOptions) {
  const { response, timers } = exchange
  let heartbeat: Timer | undefined

  function arm(delayMs: number): void {
    heartbeat?.cancel()
    heartbeat = timers.after(delayMs, () => {
      if (!response.writableNeedDrain) begin().write(':\n\n')
      arm(heartbeatMs)
    })
  }

  function begin(): typeof response {
    if (!response.headersSent)
      response.writeHead(
        200,
        answerHeaders(exchange, 'text/event-stream', undefined, [
          ...headers,
          'Cache-Control',
          'no-store',
          'X-Accel-Buffering',
          'no',
        ]),
      )
    return response
  }

  arm(Math.min(QUIET_MS, heartbeatMs))
  return {
    async write(text: string) {
      if (response.writableEnded) return
      const free = begin().write(text)
      arm(heartbeatMs)
      if (!free) await drained(response, timers, signal)
    },
    end(text: string) {
      heartbeat?.cancel()
      if (!response.writableEnded && !response.destroyed) begin().end(text)
    },
    stop: () => heartbeat?.cancel(),
  }
}

/**
 * Answers with a stream. After the last item comes `event: end`; who comes again with the last id gets 204 and
 * stays away. An error before the first item is thrown, for a problem document; a later one is `event: error`.
 */
export async function serveEventStream(options: EventStreamOptions): Promise<void> {
  const { exchange, items, signal } = options
  const { response } = exchange
  const writer = createWriter(options)
  const leave = () => writer.end(`retry: ${RETRY_MS}\n\n`)
  signal.addEventListener('abort', leave)
  try {
    for await (const item of items) {
      if (signal.aborted || response.destroyed) break
      await writer.write(eventText(item))
    }
    if (signal.aborted) leave()
    else if (!response.headersSent && exchange.headers.lastEventId !== undefined)
      sendEmpty(exchange, 204, ['Cache-Control', 'no-store'])
    else writer.end('event: end\ndata: {}\n\n')
  } catch (error) {
    if (signal.aborted) leave()
    else if (!response.headersSent) throw error
    else
      writer.end(`event: error\ndata: ${JSON.stringify(problemOf(error, exchange.correlationId).body)}\n\n`)
  } finally {
    writer.stop()
    signal.removeEventListener('abort', leave)
  }
}
