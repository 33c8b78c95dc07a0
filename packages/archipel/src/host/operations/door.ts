import { contract, openApi, type Contract } from '../../contract/index.ts'
import type { Environment } from '../../environment/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { component, type Component } from '../component.ts'
import { JSON_TYPE, send, sendMethodNotAllowed, type Exchange } from '../http/answer.ts'
import { createHttpDoor, type HttpDoor } from '../http/door.ts'
import { answerLive, answerReady } from '../http/probes.ts'
import { createActions } from './actions.ts'
import { announceDoor } from './address.ts'
import type { OperatorAction, OperatorOperation } from './operation.ts'
import { operatorRoutes } from './routes.ts'
import { operationsToken, tokenCheck } from './token.ts'

export interface OperationsDoorOptions {
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** Usually the public port + 1; 0 takes a free one. It listens on the loopback address only. */
  readonly port: number
  /** An absolute path; the file is created with mode 0600 when it is missing. */
  readonly tokenFile: string
  /** An absolute path; while the door is open, the file says where it is: for the `archipel` command. */
  readonly addressFile: string
  /** Whose door it is. */
  readonly host: string
  readonly title: string
  /** By name; each has an HTTP route. Commands have `who` and `why` in their input ({@link actionInput}). */
  readonly operations: Readonly<Record<string, OperatorOperation>>
  readonly ready: () => boolean
  /** Detailed health, for `/health`. */
  readonly health: () => JsonValue | Promise<JsonValue>
  /** Keeps an action before it is done; when it fails, the action is not done. */
  readonly record: (action: OperatorAction) => Promise<void> | void
}

export interface OperationsDoor extends Component {
  readonly port: number
  /** What the door offers, so that a client can be made of it. */
  readonly contract: Contract
}

const LOOPBACK = '127.0.0.1'
/** Names under which a browser reaches this machine; any other one is a page that re-bound its own name. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const NO_STORE: readonly string[] = ['Cache-Control', 'no-store']
/** The door of operators: JSON operations, metrics and health, on the loopback address, behind a token. */
export function createOperationsDoor(options: OperationsDoorOptions): OperationsDoor {
  const { environment, telemetry } = options
  const offered = contract('operations', {
    version: '1.0.0',
    operations: Object.fromEntries(
      Object.entries(options.operations).map(([name, { operation }]) => [name, operation]),
    ),
  })
  const routes = operatorRoutes(options.operations)
  let document: string | undefined
  /** Made when it is first asked for: most days nobody does. */
  const documentText = () =>
    (document ??= JSON.stringify(openApi({ title: options.title, contracts: [offered] })))
  let holdsToken: (authorization: string | undefined) => boolean = () => false

  const answerOperation = createActions({
    clock: environment.clock,
    log: telemetry.log,
    record: options.record,
  })

  const fixed = new Map<string, (exchange: Exchange) => Promise<void> | void>([
    [
      '/metrics',
      async (exchange) => send(exchange, 200, METRICS_TYPE, await telemetry.exposition(), NO_STORE),
    ],
    [
      '/health',
      async (exchange) => send(exchange, 200, JSON_TYPE, JSON.stringify(await options.health()), NO_STORE),
    ],
    ['/openapi.json', (exchange) => send(exchange, 200, JSON_TYPE, documentText(), NO_STORE)],
  ])
  const probes = new Map<string, (exchange: Exchange) => void>([
    ['/livez', answerLive],
    ['/readyz', (exchange) => answerReady(exchange, options.ready())],
  ])

  function handle(exchange: Exchange): Promise<void> | void {
    const { headers, target, request } = exchange
    const { method = '' } = request
    if (!LOCAL_HOST.test(headers.host ?? ''))
      throw frameworkError('ARC_FORBIDDEN', 'this door answers only to the names of this machine')
    const reads = method === 'GET' || method === 'HEAD'
    const probe = probes.get(target.path)
    if (probe !== undefined) return reads ? probe(exchange) : sendMethodNotAllowed(exchange, ['GET', 'HEAD'])
    if (!holdsToken(headers.authorization))
      throw frameworkError('ARC_UNAUTHENTICATED', 'this door needs the token that lies in the data folder')
    const page = fixed.get(target.path)
    if (page !== undefined) return reads ? page(exchange) : sendMethodNotAllowed(exchange, ['GET', 'HEAD'])
    const match = routes.find(method, target.path)
    if (match !== undefined) return answerOperation(exchange, match.route, match.parameters)
    const allowed = routes.allowed(target.path)
    if (allowed.length > 0) return sendMethodNotAllowed(exchange, allowed)
    throw frameworkError('ARC_NO_ROUTE', `nothing is served at ${target.path.slice(0, 200)}`)
  }

  const door: HttpDoor = createHttpDoor({
    name: 'operations',
    environment,
    telemetry,
    host: LOOPBACK,
    port: options.port,
    handle,
  })
  const life = component('operations', {
    async start() {
      holdsToken = tokenCheck(await operationsToken(environment, options.tokenFile))
      await door.start()
      await announceDoor(environment, options.addressFile, {
        url: `http://${LOOPBACK}:${door.port}`,
        host: options.host,
      })
    },
    ready: door.ready,
    drain: door.drain,
    async close() {
      await environment.files.remove(options.addressFile)
      await door.close()
    },
  })
  return {
    ...life,
    contract: offered,
    get port() {
      return door.port
    },
  }
}
