import type { BoundsSource, CallPipeline, Endpoint } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import type { ChangeHints, EventLog, SubscriptionDefinition } from '../messaging/index.ts'
import type { ActivityRunner, BoundActivity, SagaEngine } from '../saga/index.ts'
import type { IdempotencyStore, ServiceDatabase } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'

/** What a service needs of the host it runs in. One for each service. */
export interface ServiceRuntime {
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly database: ServiceDatabase
  readonly idempotency: IdempotencyStore
  readonly eventLog: Pick<EventLog, 'append'>
  /** Where the calls of its handlers go out. */
  readonly pipeline: CallPipeline
  readonly bounds: BoundsSource
  /** Needed when the service has sagas. */
  readonly sagas?: Pick<SagaEngine, 'start' | 'requestCancel' | 'adopt'> | undefined
  /** Needed when the service has activities; it is told of them once the service is bound. */
  readonly activities?: Pick<ActivityRunner, 'execute' | 'start'> | undefined
  readonly hints: ChangeHints
  /** A transaction with events has just been committed here: the bus looks at once. */
  readonly kick: () => void
}

/** A service with everything in its place: what the host serves, subscribes and runs. */
export interface BoundService {
  readonly endpoint: Endpoint
  readonly subscriptions: readonly SubscriptionDefinition[]
  readonly activities: readonly BoundActivity[]
}
