import type { CallRequest, Download, Transport } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import { asError, frameworkError } from '../errors/index.ts'
import {
  answerHeaders,
  namesEntityTag,
  rangeOf,
  sendEmpty,
  sendProblem,
  type ByteRange,
  type Exchange,
} from '../host/index.ts'
import type { Log } from '../telemetry/index.ts'
import type { AnswerOperation } from './call-answers.ts'
import { drained } from './drained.ts'
import { deadlineMs, requestBounds } from './request-bounds.ts'
import type { Route } from './routes.ts'

export interface DownloadAnswersOptions {
  readonly transport: Transport
  readonly environment: Environment
  readonly log: Log
  /** Until the first byte. */
  readonly deadlineMs: number
}

/** However slowly it is read, a download ends after this time. */
const LONGEST_LIFE_MS = 3_600_000

/** Answers a download: the whole, the part that is asked for, or that it is what the client has already. */
export function createDownloadAnswers(options: DownloadAnswersOptions): AnswerOperation {
  const { transport, environment, log } = options
  return async (exchange, route, request, span) => {
    const { response, headers } = exchange
    const withinMs = deadlineMs(headers.deadline, options.deadlineMs)
    const bounds = requestBounds(environment, withinMs, 'none', (error) => {
      span.fail(error)
      sendProblem(exchange, error)
    })
    response.once('close', () => bounds.cancel())
    try {
      const deadlineAt = environment.clock.monotonic() + LONGEST_LIFE_MS
      const download = await transport.download(request, { deadlineAt, signal: bounds.signal })
      const part = partOf(exchange, route, request, download)
      if (part !== undefined) await sendBytes(exchange, part, bounds)
    } catch (error) {
      if (!response.headersSent) throw error
      span.fail(error)
      // Its length was promised: only a connection that breaks says that this is not all.
      if (!response.destroyed && !bounds.signal.aborted)
        log.error('a download broke off', {
          correlationId: exchange.correlationId,
          route: route.label,
          error: asError(error),
        })
      response.destroy()
    } finally {
      bounds.finish()
    }
  }
}

interface Part {
  readonly download: Download
  readonly status: 200 | 206
  readonly range: ByteRange
  readonly headers: readonly string[]
}

/** What is to be sent; undefined: the answer needs no bytes and has been given. */
function partOf(
  exchange: Exchange,
  route: Route,
  request: CallRequest,
  download: Download,
): Part | undefined {
  const { length, entityTag } = download
  const tag = entityTag === undefined ? undefined : `"${entityTag}"`
  const headers = ['Traceparent', request.metadata.traceparent ?? '', ...route.caching(request.metadata)]
  if (tag !== undefined) headers.push('ETag', tag)
  if (tag !== undefined && namesEntityTag(exchange.headers.ifNoneMatch, tag)) {
    sendEmpty(exchange, 304, headers)
    return undefined
  }
  headers.push('Accept-Ranges', length === undefined ? 'none' : 'bytes')
  const whole = { download, status: 200, range: { from: 0, to: length ?? Infinity }, headers } as const
  if (length === undefined || !isAboutThis(exchange, tag)) return whole
  const range = rangeOf(exchange.headers.range, length)
  if (range === undefined) return whole
  if (range === 'unsatisfiable') {
    sendUnsatisfiable(exchange, length)
    return undefined
  }
  headers.push('Content-Range', `bytes ${range.from}-${range.to - 1}/${length}`)
  return { download, status: 206, range, headers }
}

/** Whether a range is asked for, of the bytes that there are now: `If-Range` compares strongly, and a date says nothing. */
function isAboutThis({ request, headers }: Exchange, tag: string | undefined): boolean {
  if (request.method !== 'GET') return false
  return headers.ifRange === undefined || headers.ifRange === tag
}

function sendUnsatisfiable(exchange: Exchange, length: number): void {
  const error = frameworkError('ARC_RANGE_UNSATISFIABLE', `there are ${length} bytes`, {
    details: { length },
  })
  sendProblem(exchange, error, ['Content-Range', `bytes */${length}`], 416)
}

async function sendBytes(
  exchange: Exchange,
  { download, status, range, headers }: Part,
  { signal, finish }: { signal: AbortSignal; finish(): void },
): Promise<void> {
  const { request, response, timers } = exchange
  const { from, to } = range
  const begin = () => {
    finish()
    const bytes = to === Infinity ? undefined : to - from
    if (!response.headersSent)
      response.writeHead(status, answerHeaders(exchange, download.contentType, bytes, headers))
    return response
  }
  if (request.method !== 'HEAD')
    for await (const chunk of download.read(from, to)) {
      // Nobody reads any more; leaving the loop tells the handler.
      if (signal.aborted || response.destroyed) return
      if (!begin().write(chunk)) await drained(response, timers, signal)
    }
  if (!signal.aborted && !response.destroyed) begin().end()
}
