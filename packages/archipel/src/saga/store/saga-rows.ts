import type { Row } from '../../storage/index.ts'
import type { SagaInstance, SagaReference } from '../types.ts'

/** The part of a saga that never changes once it was started. */
type Origin = Pick<
  SagaInstance,
  'service' | 'input' | 'principal' | 'correlationId' | 'traceparent' | 'startedAt'
>
/** The part that changes with each transition and is read only as a whole. */
type Progress = Pick<SagaInstance, 'direction' | 'steps' | 'reason' | 'stuckOn' | 'lastError' | 'notes'>
type Columns = Pick<SagaInstance, 'saga' | 'id' | 'version' | 'status' | 'tries' | 'fence' | 'cancel'> & {
  readonly due_at: number
  readonly origin: Omit<Origin, Absent> & Partial<Origin>
  readonly progress: Omit<Progress, Absent> & Partial<Progress>
}
/** JSON leaves members out that are undefined. */
type Absent = 'principal' | 'traceparent' | 'reason' | 'stuckOn' | 'lastError'

export function originOf({
  service,
  input,
  principal,
  correlationId,
  traceparent,
  startedAt,
}: SagaInstance): string {
  return JSON.stringify({ service, input, principal, correlationId, traceparent, startedAt } satisfies Origin)
}

export function progressOf({ direction, steps, reason, stuckOn, lastError, notes }: SagaInstance): string {
  return JSON.stringify({ direction, steps, reason, stuckOn, lastError, notes } satisfies Progress)
}

/** A row that this store itself wrote. */
export function sagaOf(row: Row): SagaInstance {
  const {
    saga,
    id,
    version,
    status,
    tries,
    fence,
    cancel,
    due_at: dueAt,
    origin,
    progress,
  } = row as unknown as Columns
  const { principal, traceparent, ...always } = origin
  const { reason, stuckOn, lastError, ...moving } = progress
  return {
    saga,
    id,
    version,
    status,
    tries,
    fence,
    cancel,
    dueAt,
    ...always,
    principal,
    traceparent,
    ...moving,
    reason,
    stuckOn,
    lastError,
  }
}

export function referenceOf({ saga, id }: Row): SagaReference {
  return { saga: String(saga), id: String(id) }
}
