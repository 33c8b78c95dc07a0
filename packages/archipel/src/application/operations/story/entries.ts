import type { EventDelivery, LoggedEvent } from '../../../messaging/index.ts'
import type { Attempt, OpenActivity, SagaInstance } from '../../../saga/index.ts'
import type { RecordedCommand } from '../../../storage/index.ts'
import type { RecordedAction } from '../../operator-actions.ts'
import type { Traces } from './trace.ts'

/** One moment of a story. */
export interface StoryEntry {
  /** An ISO 8601 instant. */
  readonly at: string
  readonly kind: 'call' | 'event' | 'saga' | 'step' | 'undo' | 'effect' | 'action'
  readonly service: string
  readonly what: string
  readonly outcome: string
  /** Of a call or an effect: its idempotency key; of an event: its key; of a saga: its id. */
  readonly key?: string
  /** Who asked for it. */
  readonly by?: string
  readonly detail?: string
  readonly position?: number
  readonly correlationId?: string
}

/** The moments of everything that is kept, in the order of time. */
export function entriesOf({
  events,
  deliveries,
  sagas,
  commands,
  activities,
  actions,
}: Traces): StoryEntry[] {
  const byPosition = Map.groupBy(deliveries, ({ position }) => position)
  const byCause = Map.groupBy(events, ({ publisher, causationId }) => `${publisher} ${causationId}`)
  return [
    ...commands.map((command) => callEntry(command, byCause.get(`${command.service} ${command.key}`) ?? [])),
    ...events.map((event) => eventEntry(event, byPosition.get(event.position) ?? [])),
    ...sagas.flatMap(sagaEntries),
    ...commands.flatMap(settledEffect),
    ...activities.map(openEffect),
    ...actions.map(actionEntry),
  ].toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
}

/** A record has the time of its transaction, which begins with the first statement: perhaps after what was published. */
function callEntry(command: RecordedCommand, published: readonly LoggedEvent[]): StoryEntry {
  const { at, service, operation, status, key, principal, refusal, correlationId } = command
  return {
    at: iso(Math.min(Date.parse(at), ...published.map(({ time }) => Date.parse(time)))),
    kind: 'call',
    service,
    what: operation,
    outcome: status,
    key,
    by: principal,
    ...(refusal && { detail: `${refusal.code}: ${refusal.message}` }),
    correlationId,
  }
}

function eventEntry(event: LoggedEvent, deliveries: readonly EventDelivery[]): StoryEntry {
  const { time, publisher, type, key, position, correlationId } = event
  const open = deliveries.filter(({ state }) => state !== 'handled')
  return {
    at: iso(time),
    kind: 'event',
    service: publisher,
    what: type,
    outcome: outcomeOf(deliveries.length, open),
    key,
    ...(deliveries.length > 0 && { detail: deliveries.map(deliveryText).join('; ') }),
    position,
    correlationId,
  }
}

function outcomeOf(takers: number, open: readonly EventDelivery[]): string {
  if (takers === 0) return 'published'
  if (open.length === 0) return 'handled'
  return [...new Set(open.map(({ state }) => state))].join(', ')
}

function deliveryText({ service, subscription, state, attempts, error }: EventDelivery): string {
  const tries = attempts === undefined ? '' : ` after ${attempts} tries`
  return `${service}.${subscription} ${state}${tries}${error === undefined ? '' : `: ${error}`}`
}

function sagaEntries(saga: SagaInstance): StoryEntry[] {
  const { service, saga: name, id, version, status, startedAt, correlationId, reason, notes } = saga
  const start: StoryEntry = {
    at: iso(startedAt),
    kind: 'saga',
    service,
    what: `${name} version ${version}`,
    outcome: status,
    key: id,
    ...(reason !== undefined && { detail: JSON.stringify(reason) }),
    correlationId,
  }
  const calls = saga.steps.flatMap(({ step, attempts, undo = [] }) => [
    ...attempts.map((attempt) => stepEntry(saga, 'step', step, attempt)),
    ...undo.map((attempt) => stepEntry(saga, 'undo', step, attempt)),
  ])
  const done = notes.map(({ at, action, who, why }): StoryEntry => {
    return {
      at: iso(at),
      kind: 'action',
      service,
      what: `${action} ${name}`,
      outcome: 'done',
      by: who,
      detail: why,
    }
  })
  return [start, ...calls, ...done]
}

function stepEntry(saga: SagaInstance, kind: 'step' | 'undo', step: string, attempt: Attempt): StoryEntry {
  const { call, outcome, refusal } = attempt
  const waiting = outcome === 'sent' && saga.lastError !== undefined
  const trouble = waiting
    ? `${saga.tries} tries, the next at ${iso(saga.dueAt)}: ${saga.lastError?.code}: ${saga.lastError?.message}`
    : undefined
  const detail = refusal === undefined ? trouble : `${refusal.code}: ${refusal.message}`
  return {
    at: iso(call.firstSentAt),
    kind,
    service: saga.service,
    what: `${step} → ${call.service}.${call.operation}`,
    outcome,
    key: call.key,
    ...(detail !== undefined && { detail }),
    correlationId: saga.correlationId,
  }
}

/** A settled activity has left its effect with the record of its command. */
function settledEffect(command: RecordedCommand): StoryEntry[] {
  const { effect, service, operation, status, at, correlationId } = command
  if (effect === undefined) return []
  const { key, attempts, firstSentAt, lastError } = effect
  return [
    {
      at: typeof firstSentAt === 'number' ? iso(firstSentAt) : iso(at),
      kind: 'effect',
      service,
      what: operation,
      outcome: status,
      ...(typeof key === 'string' && { key }),
      detail: triesText(Number(attempts), typeof lastError === 'string' ? lastError : undefined),
      correlationId,
    },
  ]
}

function openEffect({
  service,
  operation,
  effectKey,
  state,
  attempts,
  firstSentAt,
  lastError,
  correlationId,
}: OpenActivity): StoryEntry {
  return {
    at: iso(firstSentAt),
    kind: 'effect',
    service,
    what: operation,
    outcome: state,
    key: effectKey,
    detail: triesText(attempts, lastError),
    correlationId,
  }
}

function triesText(attempts: number, lastError: string | undefined): string {
  const tries = attempts === 1 ? 'sent once' : `sent ${attempts} times`
  return lastError === undefined ? tries : `${tries}; failed before: ${lastError}`
}

function actionEntry({ at, who, why, operation, correlationId }: RecordedAction): StoryEntry {
  return {
    at: iso(at),
    kind: 'action',
    service: 'operations',
    what: operation,
    outcome: 'recorded',
    by: who,
    detail: why,
    correlationId,
  }
}

function iso(time: string | number): string {
  return new Date(time).toISOString()
}
