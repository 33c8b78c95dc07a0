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
  /** Of these, streams of one principal. */
  readonly mostOfOne: number
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
  mostOfOne,
  heartbeatMs,
}: StreamAnswersOptions): StreamAnswers {
  /** Each with whose it is; undefined: of somebody who is not known. */
  const streams = new Map<AbortController, string | undefined>()

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

  function requireRoom(whose: string | undefined): void {
    const limited = (message: string) => frameworkError('ARC_LIMITED', message, { retryAfterMs: 5_000 })
    if (streams.size >= most) throw limited('too many streams are open')
    if (whose === undefined || streams.size < mostOfOne) return
    const own = [...streams.values()].filter((one) => one === whose).length
    if (own >= mostOfOne) throw limited('too many of your streams are open')
  }

  return {
    async answer(exchange, request, endsAtMs = Infinity) {
      if (exchange.request.method === 'HEAD')
        return sendEmpty(exchange, 200, ['Content-Type', 'text/event-stream', ...NO_STORE])
      const whose = request.metadata.principal?.id
      requireRoom(whose)
      const controller = new AbortController()
      const lifeMs = Math.min(LONGEST_LIFE_MS, Math.max(0, endsAtMs - environment.clock.now()))
      streams.set(controller, whose)
      await serve(exchange, request, controller, lifeMs).finally(() => streams.delete(controller))
    },
    endAll() {
      for (const controller of streams.keys())
        controller.abort(frameworkError('ARC_CANCELLED', 'the host is stopping'))
    },
    get open() {
      return streams.size
    },
  }
}
