import type { CallRequest, Transport } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { sendEmpty, type Exchange } from '../host/index.ts'
import { NO_STORE } from './caching.ts'
import { serveEventStream } from './event-stream.ts'

export interface StreamAnswersOptions {
  readonly transport: Transport
  readonly environment: Environment
  /** Streams that are open at once. */
  readonly most: number
  readonly heartbeatMs: number
}

export interface StreamAnswers {
  /** @param endsAtMs until when the credentials of the request hold, in milliseconds since 1970: no stream outlives them. */
  answer(exchange: Exchange, request: CallRequest, endsAtMs?: number): Promise<void>
  /** Ends every stream; clients come again after a while, and find another host. */
  endAll(): void
  readonly open: number
}

/** An open stream ends after this time, or with its token; its client comes again, with a token that is checked anew. */
const LONGEST_LIFE_MS = 3_600_000

export function createStreamAnswers({
  transport,
  environment,
  most,
  heartbeatMs,
}: StreamAnswersOptions): StreamAnswers {
  const streams = new Set<AbortController>()

  async function serve(
    exchange: Exchange,
    request: CallRequest,
    controller: AbortController,
    lifeMs: number,
  ): Promise<void> {
    const end = () => controller.abort(frameworkError('ARC_CANCELLED', 'the stream ended'))
    const timer = environment.timers.after(lifeMs, end)
    exchange.response.once('close', end)
    try {
      const bounds = {
        deadlineAt: environment.clock.monotonic() + lifeMs,
        signal: controller.signal,
      }
      const items = transport.stream(request, bounds)
      const headers = ['Traceparent', request.metadata.traceparent ?? '']
      await serveEventStream({ exchange, items, signal: controller.signal, heartbeatMs, headers })
    } finally {
      timer.cancel()
      end()
    }
  }

  return {
    async answer(exchange, request, endsAtMs = Infinity) {
      if (exchange.request.method === 'HEAD')
        return sendEmpty(exchange, 200, ['Content-Type', 'text/event-stream', ...NO_STORE])
      if (streams.size >= most)
        throw frameworkError('ARC_LIMITED', 'too many streams are open', { retryAfterMs: 5_000 })
      const controller = new AbortController()
      const lifeMs = Math.min(LONGEST_LIFE_MS, Math.max(0, endsAtMs - environment.clock.now()))
      streams.add(controller)
      await serve(exchange, request, controller, lifeMs).finally(() => streams.delete(controller))
    },
    endAll() {
      for (const controller of streams)
        controller.abort(frameworkError('ARC_CANCELLED', 'the host is stopping'))
    },
    get open() {
      return streams.size
    },
  }
}
