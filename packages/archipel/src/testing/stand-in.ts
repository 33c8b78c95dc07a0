import { z } from 'zod'
import type { RunningApplication } from '../application/index.ts'
import {
  command,
  contract,
  createValidator,
  type Contract,
  type DataOf,
  type Events,
  type InputOf,
  type NamesOfKind,
  type OutputOf,
  type Validator,
} from '../contract/index.ts'
import { frameworkError, type JsonObject } from '../errors/index.ts'
import type { AnyService, ErasedHandler, OperationImplementation } from '../service/index.ts'

/** Answers for what is asked of the other team's service; an operation without one is not there. */
export type StandInAnswers<TContract extends Contract> = {
  readonly [TName in NamesOfKind<TContract, 'query' | 'command'>]?: (
    input: InputOf<TContract['operations'][TName]>,
  ) => Eventual<OutputOf<TContract['operations'][TName]>>
}
type Eventual<T> = T | Promise<T>

/** Publishes the events of a contract, each in a transaction of its own; resolves when that is committed. */
export type StandInPublisher<TContract extends Contract> = {
  readonly [TName in keyof TContract['events'] & string]: (
    data: DataOf<TContract['events'][TName]>,
  ) => Promise<void>
}

/** A service that is complete as it is. */
export interface StandInService extends AnyService {
  readonly contract: Contract<string, {}, Events>
}

/** In place of a service that is another team's. */
export interface StandIn<TContract extends Contract> {
  /** For the `services` of an application. */
  readonly service: StandInService
  /** What publishes its events in a running application: `await orders.publish(app).orderPlaced({ … })`. */
  publish(running: Pick<RunningApplication, 'client'>): StandInPublisher<TContract>
}

type Publish = Readonly<Record<string, ((data: JsonObject) => void) | undefined>>

const Data = z.record(z.string(), z.json())
const publishEvent = command({
  access: 'internal',
  input: z.object({ event: z.string(), data: Data }),
  output: z.object({}),
})

/**
 * Stands in for another team's service where only its contract is known, in tests and in development: it has the
 * contract's name and events, publishes what it is told to, and answers what `answers` has. The bus, the inbox and the
 * order of keys are the real ones.
 */
export function standIn<const TContract extends Contract>(
  of: TContract,
  answers?: StandInAnswers<TContract>,
): StandIn<TContract>
export function standIn(of: Contract, answers: object = {}): unknown {
  const door = contract(of.name, { version: of.version, operations: { publishEvent } })
  return {
    service: standInService(of, new Map(Object.entries(answers))),
    publish(running: Pick<RunningApplication, 'client'>) {
      const client = running.client(door)
      return Object.fromEntries(
        Object.entries(of.events).map(([event, definition]) => {
          const fits = createValidator<JsonObject>(definition.data)
          return [
            event,
            async (data: JsonObject) => publishOne(client, event, fitting(fits, definition.type, data)),
          ]
        }),
      )
    },
  }
}

async function publishOne(
  client: { publishEvent(input: { event: string; data: JsonObject }): Promise<unknown> },
  event: string,
  data: JsonObject,
): Promise<void> {
  await client.publishEvent({ event, data })
}

/** Refused before it is sent: inside, it would only be a failure that the log explains. */
function fitting(fits: Validator<JsonObject>, type: string, data: JsonObject): JsonObject {
  const { issues = [] } = fits(data)
  if (issues.length === 0) return data
  const told = issues.map(({ path, message }) => `${path || 'it'}: ${message}`).join('; ')
  throw frameworkError('ARC_INPUT_INVALID', `The data of ${type} doesn't fit its contract: ${told}`)
}

function standInService(of: Contract, answers: ReadonlyMap<string, ErasedHandler>): StandInService {
  const answered = Object.entries(of.operations).flatMap(([name, operation]) => {
    const handler = answers.get(name)
    return handler === undefined ? [] : [{ name, operation, handler }]
  })
  // Only from inside: it stands in for the service, not for its door.
  const inside = answered.map(
    ({ name, operation }) =>
      [name, { ...operation, http: undefined, cache: undefined, access: 'internal' as const }] as const,
  )
  const made = contract(of.name, {
    version: of.version,
    operations: { ...Object.fromEntries(inside), publishEvent },
    events: of.events,
  })
  const operations = Object.fromEntries([
    ...answered.map(({ name, handler }) => [name, implemented(handler)] as const),
    ['publishEvent', implemented(publishWhatIsAsked)] as const,
  ])
  return {
    contract: made,
    definition: {
      contract: made,
      migrations: undefined,
      uses: {},
      sagas: [],
      activities: [],
      operations,
      subscriptions: [],
      standIn: true,
    },
  }
}

function publishWhatIsAsked(
  { event, data }: { event: string; data: JsonObject },
  { publish }: { publish: Publish },
): JsonObject {
  publish[event]?.(data)
  return {}
}

function implemented(handler: ErasedHandler): OperationImplementation {
  return { handler, prepare: undefined, ownerOf: undefined }
}
