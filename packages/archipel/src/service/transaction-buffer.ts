import type { Principal } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Leftovers, OutboundEvent } from '../messaging/index.ts'
import type { ActivityStart, SagaInstance } from '../saga/index.ts'
import type { FrameworkStatement, Transaction } from '../storage/index.ts'
import { hashOfInput } from './command-scope.ts'
import { nulIssues } from './refused-values.ts'
import type { PublishableEvent, ServiceParts, StartableActivity } from './service-parts.ts'

/** On whose behalf, and under which trace, a transaction publishes and starts. */
export interface TransactionOrigin {
  readonly principal: Principal | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** The id of the event or the key of the request that made it happen. */
  readonly causationId: string | undefined
  /** The keys of the events that are handled: who watches them looks again too. */
  readonly watchedKeys?: readonly string[] | undefined
}

/** How far a buffer was filled, to go back to. */
export interface BufferMark {
  readonly events: number
  readonly statements: number
  readonly sagas: number
  readonly activities: number
}

/** What several origins fill together. */
interface Contents {
  readonly events: OutboundEvent[]
  readonly statements: FrameworkStatement[]
  readonly sagas: SagaInstance[]
  readonly activities: ActivityStart[]
  /** What the intents of started activities leave behind. */
  readonly intended: Leftovers[]
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
  readonly #contents: Contents

  constructor(parts: ServiceParts, origin: TransactionOrigin, contents?: Contents) {
    this.#parts = parts
    this.#origin = origin
    this.#contents = contents ?? { events: [], statements: [], sagas: [], activities: [], intended: [] }
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

  /** The same buffer on behalf of another origin: in a page each event is the cause of what is done about it. */
  of(origin: TransactionOrigin): TransactionBuffer {
    return new TransactionBuffer(this.#parts, origin, this.#contents)
  }

  mark(): BufferMark {
    const { events, statements, sagas, activities } = this.#contents
    return {
      events: events.length,
      statements: statements.length,
      sagas: sagas.length,
      activities: activities.length,
    }
  }

  /** Drops what was handed over since the mark: what it belonged to was rolled back. */
  resetTo(mark: BufferMark): void {
    const { events, statements, sagas, activities } = this.#contents
    events.length = mark.events
    statements.length = mark.statements
    sagas.length = mark.sagas
    activities.length = mark.activities
  }

  /** Writes the intents of what was started, once the handler has returned: a failure is one of the handler. */
  async intend(transaction: Transaction): Promise<void> {
    const requests = this.#contents.activities.splice(0)
    if (requests.length > 0) this.#contents.intended.push(await this.#runner().start(transaction, requests))
  }

  /** What ends the transaction, after {@link intend}. */
  leftovers(): Leftovers {
    const { events, statements, sagas, activities, intended } = this.#contents
    if (activities.length > 0) throw new Error('activities were started and their intents not written')
    const published = [...events]
    const started = [...sagas]
    const others = [...intended]
    return {
      events: [...published, ...others.flatMap((leftovers) => leftovers.events)],
      statements: [...statements, ...others.flatMap((leftovers) => leftovers.statements)],
      committed: () => {
        for (const { committed } of others) committed()
        this.#committed(published, started)
      },
    }
  }

  #publish({ event, validate }: PublishableEvent, data: unknown): void {
    const { value, issues: unfit } = validate(data)
    const issues = unfit ?? nulIssues(value)
    if (value === undefined || issues.length > 0) {
      const [first] = issues
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The data of event ${event.type} does not fit its contract: ${first?.path || 'it'}: ${first?.message}`,
      )
    }
    const { correlationId, traceparent, causationId } = this.#origin
    const key = value[event.key]
    this.#contents.events.push({
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

  #runner() {
    const { activities } = this.#parts.runtime
    if (activities === undefined)
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `${this.#parts.name} has activities, but its host runs none`,
      )
    return activities
  }

  #start(saga: string, id: string, input: unknown): void {
    const { principal, correlationId, traceparent } = this.#origin
    const { statement, instance } = this.#engine().start(saga, id, input, {
      principal,
      correlationId,
      traceparent,
    })
    this.#contents.statements.push(statement)
    this.#contents.sagas.push(instance)
  }

  #startActivity(
    name: string,
    { operation, validate }: StartableActivity,
    { id, input }: { id: string; input: unknown },
  ): void {
    const { value, issues } = validate(input)
    if (issues !== undefined)
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The input of activity ${name} does not fit it: ${issues[0]?.path || 'it'}: ${issues[0]?.message}`,
      )
    const inputHash = hashOfInput(value)
    this.#contents.activities.push({ operation, id, input: value, inputHash, metadata: this.#origin })
  }

  #cancel(saga: string, id: string, reason: string | undefined): void {
    this.#contents.statements.push(this.#engine().requestCancel(saga, id, reason))
  }

  /** Hints to this process after the commit: all of them may be lost. */
  #committed(events: readonly OutboundEvent[], sagas: readonly SagaInstance[]): void {
    const { hints, kick } = this.#parts.runtime
    for (const saga of sagas) this.#engine().adopt(saga)
    for (const key of new Set(this.#origin.watchedKeys)) hints.changed(this.#parts.name, key)
    if (events.length === 0) return
    kick()
    for (const key of new Set(events.map((event) => event.key))) hints.changed(this.#parts.name, key)
  }
}
