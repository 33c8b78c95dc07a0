import type { Principal } from '../../call/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import type { SagaInstance } from '../types.ts'
import { proceed } from './proceed.ts'

export interface Beginning {
  readonly service: string
  readonly id: string
  readonly input: JsonValue
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
}

/** Ids travel in idempotency keys: visible ASCII, and short enough to leave room for the rest. */
const ID = /^[\x21-\x7e]{1,100}$/

/**
 * A saga as it is first stored, its first call included: it can be sent as soon as the start is committed.
 *
 * @throws ARC_INPUT_INVALID for an id that can't travel, and whatever the first step's function throws
 */
export function begin(definition: SagaDefinition, { id, ...origin }: Beginning, now: number): SagaInstance {
  if (!ID.test(id)) {
    throw frameworkError(
      'ARC_INPUT_INVALID',
      `saga ${definition.name}: an id is 1 to 100 visible ASCII characters, not '${id.slice(0, 120)}'`,
    )
  }
  const empty: SagaInstance = {
    ...origin,
    id,
    saga: definition.name,
    version: definition.version,
    status: 'running',
    direction: 'forward',
    steps: [],
    tries: 0,
    dueAt: now,
    fence: 1,
    cancel: 'none',
    reason: undefined,
    stuckOn: undefined,
    lastError: undefined,
    notes: [],
    startedAt: now,
  }
  const { saga } = proceed(definition, empty, { now, random: 0 })
  if (saga.status === 'stuck')
    throw frameworkError(
      'ARC_INTERNAL',
      `saga ${definition.name} ${id} can't start: ${JSON.stringify(saga.stuckOn)}`,
    )
  return saga
}
