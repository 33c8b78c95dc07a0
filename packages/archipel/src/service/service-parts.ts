import { createQueryClientFactory, type Outbound } from '../call/index.ts'
import { createValidator, type PublishedEventType, type Validator } from '../contract/index.ts'
import { instant } from '../environment/index.ts'
import type { JsonObject, JsonValue } from '../errors/index.ts'
import { absentClients, type Absent } from './absent-clients.ts'
import type { CallMeasure } from './operation-meter.ts'
import type { ServiceRuntime } from './runtime.ts'
import type { ServiceDefinition } from './types.ts'

/** An event that a service may publish, with its check. */
export interface PublishableEvent {
  readonly event: PublishedEventType
  readonly validate: Validator<JsonObject>
}

/** What all handlers of one service share. */
export interface ServiceParts {
  readonly name: string
  readonly definition: ServiceDefinition
  readonly runtime: ServiceRuntime
  /** The present time as an instant. Taken out of contexts, so they need no `this`. */
  readonly now: () => string
  readonly id: () => string
  readonly clients: readonly (readonly [name: string, create: (outbound: Outbound) => object])[]
  /** What stands where a transaction would have clients. */
  readonly absent: Absent
  readonly events: readonly (readonly [name: string, event: PublishableEvent])[]
  /** The activities that a transaction can start, by name. */
  readonly startable: ReadonlyMap<string, StartableActivity>
  readonly measure: CallMeasure | undefined
}

/** An activity that a transaction can start, with the check of its input. */
export interface StartableActivity {
  /** The name of the operation that it implements. */
  readonly operation: string
  readonly validate: Validator<JsonValue>
}

export function createServiceParts(definition: ServiceDefinition, runtime: ServiceRuntime): ServiceParts {
  const { environment, telemetry } = runtime
  const { clock, identifiers } = environment
  const { contract, uses } = definition
  return {
    name: contract.name,
    definition,
    runtime,
    now: () => instant(clock),
    id: () => identifiers.next(),
    clients: Object.entries(uses).map(([name, used]) => [name, createQueryClientFactory(used)] as const),
    absent: absentClients(contract.name, uses),
    events: Object.entries(contract.events).map(
      ([name, event]) => [name, { event, validate: createValidator(event.data) }] as const,
    ),
    startable: new Map(startableOf(definition)),
    measure: telemetry.silent
      ? undefined
      : {
          clock,
          calls: telemetry.counter('archipel_calls_total', 'Calls answered, by outcome', [
            'service',
            'operation',
            'outcome',
          ]),
          seconds: telemetry.histogram('archipel_call_duration_seconds', 'Time from request to answer', [
            'service',
            'operation',
          ]),
        },
  }
}

function startableOf({ operations }: ServiceDefinition): [string, StartableActivity][] {
  return Object.entries(operations).flatMap(([operation, implementation]) =>
    'activity' in implementation
      ? [
          [
            implementation.activity.name,
            { operation, validate: createValidator<JsonValue>(implementation.activity.input) },
          ],
        ]
      : [],
  )
}
