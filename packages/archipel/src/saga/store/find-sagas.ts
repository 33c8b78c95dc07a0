import type { ServiceDatabase } from '../../storage/index.ts'
import type { SagaInstance } from '../types.ts'
import { sagaOf } from './saga-rows.ts'
import { ABOUT } from './saga-statements.ts'

/** What sagas are looked for by: their id, or the requests that started them. */
export interface SagaTraces {
  /** The names of the service's sagas. */
  readonly sagas: readonly string[]
  readonly id: string
  readonly correlationIds: readonly string[]
}

/** The sagas of a service that have to do with something, of whatever state. */
export async function findSagas(
  database: Pick<ServiceDatabase, 'query'>,
  { sagas, id, correlationIds }: SagaTraces,
  limit: number,
): Promise<SagaInstance[]> {
  const rows = await database.query({
    name: 'archipel_saga_about',
    text: ABOUT,
    values: [sagas, id, correlationIds, limit],
  })
  return rows.map(sagaOf)
}
