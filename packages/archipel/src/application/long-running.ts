import type { Transport } from '../call/index.ts'
import type { Environment } from '../environment/index.ts'
import type { EventLog } from '../messaging/index.ts'
import {
  createActivityRunner,
  createSagaEngine,
  createSagaStore,
  type ActivityRunner,
  type SagaEngine,
} from '../saga/index.ts'
import type { AnyService } from '../service/index.ts'
import type { IdempotencyStore, ServiceDatabase } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'

interface Parts {
  readonly environment: Environment
  readonly telemetry: Telemetry
  readonly instance: string
  readonly database: ServiceDatabase
}

/** The engine of a service's sagas, where it has any. */
export function createSagas(
  service: AnyService,
  parts: Parts & { readonly transport: Transport },
): SagaEngine | undefined {
  const { definition, contract } = service
  if (definition.sagas.length === 0) return undefined
  const { environment, telemetry, instance, database, transport } = parts
  return createSagaEngine({
    environment,
    telemetry,
    service: contract.name,
    instance,
    definitions: definition.sagas,
    store: createSagaStore({ clock: environment.clock, database }),
    call: (request, bounds) => transport.call(request, bounds),
  })
}

/** The runner of a service's activities, where it has any. */
export function createActivities(
  service: AnyService,
  parts: Parts & {
    readonly idempotency: IdempotencyStore
    readonly eventLog: Pick<EventLog, 'append'>
    readonly kick: () => void
  },
): ActivityRunner | undefined {
  if (service.definition.activities.length === 0) return undefined
  const { environment, telemetry, instance, database, idempotency, eventLog, kick } = parts
  return createActivityRunner({
    environment,
    telemetry,
    instance,
    database,
    idempotency,
    append: (events) => eventLog.append(events),
    kick,
  })
}
