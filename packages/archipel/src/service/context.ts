// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every handler and schema fits, and none leaves as a value.
import {
  requireTime,
  type CallBounds,
  type CallMetadata,
  type CallRequest,
  type Outbound,
  type Principal,
} from '../call/index.ts'
import { durationMs, type Duration } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Queryable, ReadDatabase, SqlStatement } from '../storage/index.ts'
import type { Schema } from '../contract/index.ts'
import type { Log } from '../telemetry/index.ts'
import type { OperationParts } from './operation-parts.ts'
import type { ReceivedBody } from './received-body.ts'

const CHANGED_TIMEOUT_MS = 250
const ONLY_READS =
  'There is no db.run here: a query, `prepare`, a stream and a download only read, with db.one, maybeOne or many. Make the operation a command, whose db.run(…) writes.'

/**
 * What a query, a stream or `prepare` sees. Its parts come to be when a handler asks for them: most ask for two or
 * three, and a query in the same process costs less than a microsecond.
 */
export class ReadContext {
  readonly #parts: OperationParts
  readonly #request: CallRequest
  readonly #bounds: CallBounds
  readonly #traceparent: string | undefined
  readonly #body: ReceivedBody | undefined
  #outbound: Outbound | undefined = undefined

  constructor(
    parts: OperationParts,
    request: CallRequest,
    bounds: CallBounds,
    traceparent: string | undefined,
    body?: ReceivedBody,
  ) {
    this.#parts = parts
    this.#request = request
    this.#bounds = bounds
    this.#traceparent = traceparent
    this.#body = body
  }

  get db(): ReadDatabase {
    const { database, environment } = this.#parts.service.runtime
    return new BoundedReader(database.reader, () => requireTime(this.#bounds, environment.clock))
  }
  get errors(): OperationParts['errors'] {
    return this.#parts.errors
  }
  get principal(): Principal | undefined {
    return this.#request.metadata.principal
  }
  get signal(): AbortSignal {
    return this.#bounds.signal
  }
  get correlationId(): string {
    return this.#request.metadata.correlationId
  }
  get log(): Log {
    return logOf(this.#parts, this.#request.metadata)
  }
  get now(): () => string {
    return this.#parts.service.now
  }
  get id(): () => string {
    return this.#parts.service.id
  }
  get lastEventId(): string | undefined {
    return this.#request.metadata.lastEventId
  }
  get body(): ReceivedBody | undefined {
    return this.#body
  }
  get changed(): (key: string, timeout?: Duration) => Promise<void> {
    const { name, runtime } = this.#parts.service
    const { signal } = this.#bounds
    return (key, timeout) => {
      const timeoutMs = timeout === undefined ? CHANGED_TIMEOUT_MS : durationMs(timeout)
      return runtime.hints.wait(name, key, { timeoutMs, signal })
    }
  }

  /** Where the clients of this context send their calls. */
  outbound(): Outbound {
    this.#outbound ??= {
      pipeline: this.#parts.service.runtime.pipeline,
      metadata: onwards(this.#parts.service.name, this.#request.metadata, this.#traceparent),
      // Of another maker they become ours once, not for each call.
      bounds: this.#parts.service.runtime.bounds.adopt(this.#bounds),
    }
    return this.#outbound
  }
}

/** What goes along with the calls that a handler makes: who asked, never with what key. */
function onwards(caller: string, metadata: CallMetadata, traceparent: string | undefined): CallMetadata {
  const { principal, correlationId } = metadata
  return {
    caller,
    principal,
    idempotencyKey: undefined,
    correlationId,
    traceparent: traceparent ?? metadata.traceparent,
    undoes: undefined,
  }
}

export function logOf(parts: OperationParts, { correlationId }: CallMetadata): Log {
  return parts.service.runtime.telemetry.log.with({
    service: parts.service.name,
    operation: parts.name,
    correlationId,
  })
}

/** The class of contexts of one service: with a client for each contract that it uses. */
export function readContextClass(clients: OperationParts['service']['clients']): typeof ReadContext {
  class ServiceReadContext extends ReadContext {}
  for (const [name, create] of clients) {
    Object.defineProperty(ServiceReadContext.prototype, name, {
      enumerable: true,
      get(this: ReadContext) {
        return create(this.outbound())
      },
    })
  }
  return ServiceReadContext
}

/** A reader that starts no statement when nobody waits for it any more. */
class BoundedReader implements ReadDatabase {
  readonly #reader: ReadDatabase
  readonly #requireTime: () => void

  constructor(reader: ReadDatabase, requireTimeLeft: () => void) {
    this.#reader = reader
    this.#requireTime = requireTimeLeft
  }
  async one<TRow>(schema: Schema<any, TRow>, statement: SqlStatement): Promise<TRow> {
    this.#requireTime()
    return this.#reader.one(schema, statement)
  }
  async maybeOne<TRow>(schema: Schema<any, TRow>, statement: SqlStatement): Promise<TRow | undefined> {
    this.#requireTime()
    return this.#reader.maybeOne(schema, statement)
  }
  async many<TRow>(schema: Schema<any, TRow>, statement: SqlStatement): Promise<TRow[]> {
    this.#requireTime()
    return this.#reader.many(schema, statement)
  }
  /** For who comes past the types, which have no such method. */
  run(): Promise<never> {
    return Promise.reject(frameworkError('ARC_STATEMENT_REFUSED', ONLY_READS))
  }
  async snapshot<TResult>(work: (db: Queryable) => Promise<TResult>): Promise<TResult> {
    this.#requireTime()
    return this.#reader.snapshot(work)
  }
}
