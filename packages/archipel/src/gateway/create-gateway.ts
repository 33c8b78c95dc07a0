import type { Transport } from '../call/index.ts'
import type { Contract, OperationKind } from '../contract/index.ts'
import { frameworkError } from '../errors/index.ts'
import {
  answerLive,
  answerReady,
  createHttpDoor,
  DEFAULT_TIMEOUTS,
  JSON_TYPE,
  send,
  sendMethodNotAllowed,
  type DoorTimeouts,
  type Exchange,
  type HttpDoor,
} from '../host/index.ts'
import { createCallAnswers, type AnswerOperation } from './call-answers.ts'
import { createDownloadAnswers } from './download-answers.ts'
import type { GatewayDefinition } from './options.ts'
import { createRoutes, type Routes } from './routes.ts'
import { createServe, type ServeOptions } from './serve.ts'
import { createStreamAnswers } from './stream-answers.ts'
import { limitTransfers, type Transfers } from './transfers.ts'
import { createUploadAnswers } from './upload-answers.ts'

export interface CreateGatewayOptions extends ServeOptions {
  readonly contracts: readonly Contract[]
  readonly transport: Transport
  readonly definition: GatewayDefinition
  /** Served as `/openapi.json`; made when it is first asked for. */
  readonly openApi: () => object
  /** Served as `/asyncapi.json`; made when it is first asked for. */
  readonly asyncApi: () => object
  /** Whether the host takes work: `/readyz`. */
  readonly ready: () => boolean
  readonly host: string
  readonly port: number
  readonly timeouts?: Partial<DoorTimeouts> | undefined
  readonly drainGraceMs?: number | undefined
}

type Answer = (exchange: Exchange) => void
const MOST_JSON_MEMBERS = 20_000

/** The paths that every gateway has beside its routes. */
function fixedAnswers({ openApi, asyncApi, ready }: CreateGatewayOptions): ReadonlyMap<string, Answer> {
  return new Map<string, Answer>([
    ['/openapi.json', answerDocument(openApi)],
    ['/asyncapi.json', answerDocument(asyncApi)],
    ['/livez', answerLive],
    ['/readyz', (exchange) => answerReady(exchange, ready())],
  ])
}

function answerDocument(document: () => object): Answer {
  let text: string | undefined
  return (exchange) => {
    text ??= JSON.stringify(document())
    send(exchange, 200, JSON_TYPE, text, ['Cache-Control', 'no-cache'])
  }
}

function answerUnrouted(exchange: Exchange, routes: Routes, fixed: ReadonlyMap<string, Answer>): void {
  const { path } = exchange.target
  const answer = fixed.get(path)
  const allowed = answer === undefined ? routes.allowed(path) : ['GET', 'HEAD']
  if (answer !== undefined && allowed.includes(exchange.request.method ?? '')) answer(exchange)
  else if (allowed.length > 0) sendMethodNotAllowed(exchange, allowed)
  else throw frameworkError('ARC_NO_ROUTE', `nothing is served at ${path.slice(0, 200)}`)
}

/** Answers of all kinds but streams, which the gateway ends when it drains. */
function createAnswers(
  { transport, environment, telemetry, definition, timeouts }: CreateGatewayOptions,
  transfers: Transfers,
): Readonly<Record<Exclude<OperationKind, 'stream'>, AnswerOperation>> {
  const { requestMs, uploadMs } = { ...DEFAULT_TIMEOUTS, ...timeouts }
  const { deadlineMs } = definition.limits
  const shared = { transport, environment, log: telemetry.log }
  const call = createCallAnswers({ ...shared, deadlineMs })
  const upload = createUploadAnswers(
    createCallAnswers({ ...shared, deadlineMs: uploadMs + deadlineMs }),
    requestMs,
  )
  const download = createDownloadAnswers({ ...shared, deadlineMs })
  const limited =
    (answer: AnswerOperation): AnswerOperation =>
    (...request) =>
      transfers.within(() => answer(...request))
  return { query: call, command: call, upload: limited(upload), download: limited(download) }
}

/** The public port of an application: the operations of its contracts over HTTP, and nothing else. */
export function createGateway(options: CreateGatewayOptions): HttpDoor {
  const { environment, telemetry, transport } = options
  const { limits, prefix } = options.definition
  const json = { depth: limits.jsonDepth, members: MOST_JSON_MEMBERS }
  const routes = createRoutes(options.contracts, prefix, { bodyBytes: limits.bodyBytes, json })
  const fixed = fixedAnswers(options)
  const streams = createStreamAnswers({
    transport,
    environment,
    most: limits.streams,
    mostOfOne: limits.streamsOfOne,
    heartbeatMs: limits.heartbeatMs,
  })
  telemetry.gauge('http_server_open_streams', 'Streams that are open at the gateway', [], () => [
    { value: streams.open, labels: [] },
  ])
  const transfers = limitTransfers(limits.transfers)
  telemetry.gauge(
    'http_server_active_transfers',
    'Uploads and downloads that are under way at the gateway',
    [],
    () => [{ value: transfers.active, labels: [] }],
  )
  const serve = createServe(options, {
    ...createAnswers(options, transfers),
    stream: (exchange, _route, request, _span, endsAtMs) => streams.answer(exchange, request, endsAtMs),
  })

  return createHttpDoor({
    name: 'gateway',
    environment,
    telemetry,
    host: options.host,
    port: options.port,
    timeouts: options.timeouts,
    drainGraceMs: options.drainGraceMs,
    onDrain: streams.endAll,
    handle(exchange) {
      const match = routes.find(exchange.request.method ?? '', exchange.target.path)
      return match === undefined
        ? answerUnrouted(exchange, routes, fixed)
        : serve(exchange, match.route, match.parameters)
    },
  })
}
