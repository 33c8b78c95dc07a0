import type { Principal } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Leftovers, OutboundEvent } from '../messaging/index.ts'
import type { SagaInstance } from '../saga/index.ts'
import type { FrameworkStatement } from '../storage/index.ts'
import { hashOfInput } from './command-scope.ts'
import type { PublishableEvent, ServiceParts, StartableActivity } from './service-parts.ts'

/** On whose behalf, and under which trace, a transaction publishes and starts. */
export interface TransactionOrigin {
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** The id of the event or the key of the request that made it happen. */
  readonly causationId: string | undefined
  /** The key of the event that is handled: who watches it looks again too. */
  readonly watchedKey?: string | undefined
}

/** How far a buffer was filled, to go back to. */
export interface BufferMark {
  readonly events: number
  readonly statements: number
  readonly sagas: number
  readonly activities: number
}

type Publish = Readonly<Record<string, (data: unknown) => void>>
type Start = Readonly<Record<string, (id: string, input: unknown) => void>>
type Cancel = Readonly<Record<string, (id: string, reason?: string) => void>>

/**
 * What a handler publishes, starts and cancels. It is written in the last round trip of the transaction; data is
 * copied and checked when it is handed over, so that what is changed afterwards isn't published.
 */
export class TransactionBuffer {
  readonly publish: Publish
  readonly start: Start
  readonly cancel: Cancel
  readonly #parts: ServiceParts
  readonly #origin: TransactionOrigin
  readonly #events: OutboundEvent[] = []
  readonly #statements: FrameworkStatement[] = []
  readonly #sagas: SagaInstance[] = []
  readonly #activities: (() => void)[] = []

  constructor(parts: ServiceParts, origin: TransactionOrigin) {
    this.#parts = parts
    this.#origin = origin
    const sagas = [...new Set(parts.definition.sagas.map(({ name }) => name))]
    this.publish = Object.fromEntries(
      parts.events.map(([name, event]) => [name, (data) => this.#publish(event, data)]),
    )
    this.start = Object.fromEntries([
      ...[...parts.startable].map(
        ([name, activity]) =>
          [name, (id: string, input: unknown) => this.#startActivity(name, activity, { id, input })] as const,
      ),
      ...sagas.map((saga) => [saga, (id: string, input: unknown) => this.#start(saga, id, input)] as const),
    ])
    this.cancel = Object.fromEntries(
      sagas.map((saga) => [saga, (id, reason) => this.#cancel(saga, id, reason)]),
    )
  }

  mark(): BufferMark {
    return {
      events: this.#events.length,
      statements: this.#statements.length,
      sagas: this.#sagas.length,
      activities: this.#activities.length,
    }
  }

  /** Drops what was handed over since the mark: what it belonged to was rolled back. */
  resetTo(mark: BufferMark): void {
    this.#events.length = mark.events
    this.#statements.length = mark.statements
    this.#sagas.length = mark.sagas
    this.#activities.length = mark.activities
  }

  leftovers(): Leftovers {
    const events = [...this.#events]
    const sagas = [...this.#sagas]
    const activities = [...this.#activities]
    return {
      events,
      statements: [...this.#statements],
      committed: () => {
        for (const wake of activities) wake()
        this.#committed(events, sagas)
      },
    }
  }

  #publish({ event, validate }: PublishableEvent, data: unknown): void {
    const { value, issues } = validate(data)
    if (issues !== undefined) {
      const [first] = issues
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The data of event ${event.type} does not fit its contract: ${first?.path || 'it'}: ${first?.message}`,
      )
    }
    const { correlationId, traceparent, causationId } = this.#origin
    const key = value[event.key]
    this.#events.push({
      id: this.#parts.id(),
      type: event.type,
      key: typeof key === 'string' ? key : JSON.stringify(key ?? null),
      data: value,
      time: this.#parts.now(),
      correlationId,
      traceparent,
      causationId,
      ...(event.retentionMs !== undefined && { keepSeconds: Math.ceil(event.retentionMs / 1000) }),
    })
  }

  #engine() {
    const { sagas } = this.#parts.runtime
    if (sagas === undefined)
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `${this.#parts.name} has sagas, but its host runs no engine for them`,
      )
    return sagas
  }

  #start(saga: string, id: string, input: unknown): void {
    const { principal, correlationId, traceparent } = this.#origin
    const { statement, instance } = this.#engine().start(saga, id, input, {
      principal,
      correlationId,
      traceparent,
    })
    this.#statements.push(statement)
    this.#sagas.push(instance)
  }

  #startActivity(
    name: string,
    { operation, validate }: StartableActivity,
    { id, input }: { id: string; input: unknown },
  ): void {
    const { activities } = this.#parts.runtime
    if (activities === undefined)
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `${this.#parts.name} has activities, but its host runs none`,
      )
    const { value, issues } = validate(input)
    if (issues !== undefined)
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The input of activity ${name} does not fit it: ${issues[0]?.path || 'it'}: ${issues[0]?.message}`,
      )
    const metadata = this.#origin
    const inputHash = hashOfInput(value)
    const started = activities.start({ operation, id, input: value, inputHash, metadata })
    this.#statements.push(started.statement)
    this.#activities.push(started.committed)
  }

  #cancel(saga: string, id: string, reason: string | undefined): void {
    this.#statements.push(this.#engine().requestCancel(saga, id, reason))
  }

  /** Hints to this process after the commit: all of them may be lost. */
  #committed(events: readonly OutboundEvent[], sagas: readonly SagaInstance[]): void {
    const { hints, kick } = this.#parts.runtime
    for (const saga of sagas) this.#engine().adopt(saga)
    const { watchedKey } = this.#origin
    if (watchedKey !== undefined) hints.changed(this.#parts.name, watchedKey)
    if (events.length === 0) return
    kick()
    for (const key of new Set(events.map((event) => event.key))) hints.changed(this.#parts.name, key)
  }
}
