// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every handler and schema fits, and none leaves as a value.
import type { ClientItem, DeclaredError, Principal, QueryClient } from '../call/index.ts'
import type {
  AccessOf,
  Contract,
  DataOf,
  ErrorsOf,
  Events,
  InputOf,
  OutputOf,
  PublishedEventType,
} from '../contract/index.ts'
import type { Duration } from '../environment/index.ts'
import type { CloudEvent } from '../messaging/index.ts'
import type { ActivityDefinition, SagaDefinition, Uses } from '../saga/index.ts'
import type { Queryable, ReadDatabase, WriteDatabase } from '../storage/index.ts'
import type { Log } from '../telemetry/index.ts'
import type { AbsentClients, AbsentClientsOfEvents } from './absent-clients.ts'
import type { ReceivedBody } from './received-body.ts'

/**
 * Makes the errors that an operation declares. Thrown, it leaves nothing behind of what the handler wrote;
 * returned, it is the answer and what was written stays.
 */
export type ErrorFactories<TErrors> = {
  readonly [TCode in keyof TErrors & string]: (
    ...args: undefined extends TErrors[TCode]
      ? [details?: TErrors[TCode], message?: string]
      : [details: TErrors[TCode], message?: string]
  ) => DeclaredError<Pick<TErrors, TCode>>
}

/** Puts an event into the transaction: it is published if and only if the transaction commits. */
export type EventPublishers<TEvents extends Events> = {
  readonly [TName in keyof TEvents & string]: (data: DataOf<TEvents[TName]>) => void
}

export type Sagas = readonly SagaDefinition[]
/** What a transaction can start: it begins if and only if that commits. */
export type Startables = readonly (SagaDefinition | ActivityDefinition)[]

/** Starts a saga or an activity with the transaction. The same id twice is one. */
export type Starters<TStartables extends Startables> = {
  readonly [TStartable in TStartables[number] as TStartable['name']]: (
    id: string,
    input: StartInput<TStartable>,
  ) => void
}
type StartInput<TStartable> =
  TStartable extends SagaDefinition<any, infer TInput>
    ? TInput
    : TStartable extends ActivityDefinition<any, infer TInput, any, any, any, any>
      ? TInput
      : never

/** Asks for the end of a saga with the transaction. */
export type SagaCancellers<TStartables extends Startables> = {
  readonly [TSaga in Extract<TStartables[number], SagaDefinition> as TSaga['name']]: (
    id: string,
    reason?: string,
  ) => void
}

/** Whether an access rule lets in somebody who isn't known. */
type LetsAnybodyIn<TAccess> = TAccess extends 'public' | 'internal'
  ? true
  : TAccess extends { readonly anyOf: readonly (infer TRule)[] }
    ? LetsAnybodyIn<TRule>
    : false

/** Whether an access rule asks who owns the thing. */
export type AsksForOwner<TAccess> = TAccess extends { readonly owner: string }
  ? true
  : TAccess extends { readonly anyOf: readonly (infer TRule)[] }
    ? AsksForOwner<TRule>
    : false

/** The principal of an operation: always there when the access rule asks for one. */
export type PrincipalOf<TAccess> = true extends LetsAnybodyIn<TAccess> ? Principal | undefined : Principal

/** What every handler sees. */
export interface CommonContext {
  readonly log: Log
  readonly correlationId: string
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal
  /** The present time as an ISO 8601 instant in UTC. */
  now(): string
  /** A new UUIDv7. */
  id(): string
}

interface OperationContext<TOperation> extends CommonContext {
  readonly errors: ErrorFactories<ErrorsOf<TOperation>>
  readonly principal: PrincipalOf<AccessOf<TOperation>>
}

/** Clients of the services that are used; they can only read. */
export type QueryClients<TUses extends Uses> = { readonly [TName in keyof TUses]: QueryClient<TUses[TName]> }

/** What stands where a query would publish or start something: the compiler shows it to who tries. */
interface OnlyReads {
  readonly publish: 'a query only reads: publish in a command or in the handler of an event'
  readonly start: 'a query only reads: start in a command or in the handler of an event'
}

/** What stands where `pg` has its `query`. */
interface NoQuery {
  query(
    ...text: readonly 'there is no db.query(text, values): db.many(Row, sql`…`), or one, maybeOne, run'[]
  ): never
}

/** What stands where a command has its `run`. */
interface NoRun {
  run(
    ...statement: readonly 'a query, `prepare`, a stream and a download only read: db.one, maybeOne, many; db.run(…) is for a command'[]
  ): never
}

/** A database that only reads, with what the compiler says to who tries more. */
type OnlyReading = ReadDatabase & NoQuery & NoRun

/** What a query sees: a database that it can only read, and clients that can only read. */
export type QueryContext<TOperation, TUses extends Uses> = OperationContext<TOperation> & {
  readonly db: OnlyReading
} & OnlyReads &
  QueryClients<TUses>

/** What `prepare` sees: the same; it runs before the transaction, and not at all when the key has its answer. */
export type PrepareContext<TOperation, TUses extends Uses> = QueryContext<TOperation, TUses>

/** What is written together or not at all. */
interface TransactionContext<TContract extends Contract, TStartables extends Startables> {
  readonly db: WriteDatabase & NoQuery
  readonly publish: EventPublishers<TContract['events']>
  readonly start: Starters<TStartables>
  readonly cancel: SagaCancellers<TStartables>
}

/** What a command sees: one transaction, and nobody to call. */
export type CommandContext<
  TContract extends Contract,
  TOperation,
  TUses extends Uses,
  TStartables extends Startables,
> = OperationContext<TOperation> & TransactionContext<TContract, TStartables> & AbsentClients<TUses>

/** What the handler of an event sees: the transaction that also marks the event as handled. */
export type EventContext<
  TContract extends Contract,
  TUses extends Uses,
  TStartables extends Startables,
> = CommonContext & TransactionContext<TContract, TStartables> & AbsentClientsOfEvents<TUses>

/** What is done about one event of a page: it names that event as its cause. */
export interface EventScope<TContract extends Contract, TStartables extends Startables> extends Omit<
  TransactionContext<TContract, TStartables>,
  'db'
> {
  readonly correlationId: string
  readonly log: Log
}

/** What the handler of a page sees: the transaction that also marks all events of the page as handled. */
export type PageContext<
  TContract extends Contract,
  TUses extends Uses,
  TStartables extends Startables,
> = Omit<CommonContext, 'correlationId'> & {
  readonly db: WriteDatabase & NoQuery
  /** Where something is published, started or cancelled because of `event`. @throws ARC_APPLICATION_INVALID for an event that isn't of this page. */
  of(event: Pick<CloudEvent, 'id' | 'sequence'>): EventScope<TContract, TStartables>
} & AbsentClientsOfEvents<TUses>

/** What a stream sees. */
export type StreamContext<TOperation> = OperationContext<TOperation> & {
  readonly db: OnlyReading
  /** The id of the last item that the reader has. */
  readonly lastEventId: string | undefined
  /** Resolves when something of this key may have changed, at the latest after `timeout` (default 250 ms): look, then wait again. */
  changed(key: string, timeout?: Duration): Promise<void>
}

/**
 * An event as its handler sees it: a CloudEvent, with its data as this reader's contract knows it. Of several events
 * `type` tells which one it is, and so which data it has.
 */
export type HandledEvent<TEvent extends PublishedEventType = PublishedEventType> = TEvent extends unknown
  ? CloudEvent<DataOf<TEvent>, TEvent['type']>
  : never

/** A declared error that is returned is the answer, and what was written stays. */
type Result<TOperation> = OutputOf<TOperation> | DeclaredError<ErrorsOf<TOperation>>
type Eventual<T> = T | Promise<T>

export type QueryHandler<TOperation, TUses extends Uses> = (
  input: InputOf<TOperation>,
  context: QueryContext<TOperation, TUses>,
) => Eventual<Result<TOperation>>

/**
 * Runs in one transaction, and may begin more than once for one request: again when its transaction lost against another
 * one, and for a repeat up to its first statement, which isn't run when the key has its answer. So whatever it does
 * beside `db`, `publish` and `start` may be done again.
 */
export type CommandHandler<
  TContract extends Contract,
  TOperation,
  TUses extends Uses,
  TStartables extends Startables,
  TPrepared,
> = (
  input: InputOf<TOperation>,
  context: CommandContext<TContract, TOperation, TUses, TStartables>,
  prepared: TPrepared,
) => Eventual<Result<TOperation>>

export type StreamHandler<TOperation> = (
  input: InputOf<TOperation>,
  context: StreamContext<TOperation>,
) => AsyncIterable<ClientItem<OutputOf<TOperation>>>

/** What an upload sees: a command's context, and the body, which has arrived whole before the transaction began. */
export type UploadContext<
  TContract extends Contract,
  TOperation,
  TUses extends Uses,
  TStartables extends Startables,
> = CommandContext<TContract, TOperation, TUses, TStartables> & { readonly body: ReceivedBody }

export type UploadHandler<
  TContract extends Contract,
  TOperation,
  TUses extends Uses,
  TStartables extends Startables,
  TPrepared,
> = (
  input: InputOf<TOperation>,
  context: UploadContext<TContract, TOperation, TUses, TStartables>,
  prepared: TPrepared,
) => Eventual<Result<TOperation>>

/** What a download sees. Its `db` lends a connection to each statement alone: none is held while a slow reader reads. */
export type DownloadContext<TOperation> = OperationContext<TOperation> & { readonly db: OnlyReading }

/** What a download gives: what it is at once, its bytes when somebody reads them. */
export interface DownloadAnswer {
  /** One of those that the contract names. */
  readonly contentType: string
  /** In bytes. Without it nobody can ask for a part. */
  readonly length?: number
  /** Differs wherever the bytes differ, such as their SHA-256: 1 to 100 visible ASCII characters without quotes. */
  readonly entityTag?: string
  /** The bytes from `from` up to, not including, `to`: all of them, unless somebody asks for a part. */
  read(from: number, to: number): AsyncIterable<Uint8Array>
}

export type DownloadHandler<TOperation> = (
  input: InputOf<TOperation>,
  context: DownloadContext<TOperation>,
) => Eventual<DownloadAnswer | DeclaredError<ErrorsOf<TOperation>>>

/** Handles one event; of several types, `type` tells which, and so which data it has. What it returns is of no account. */
export type EventHandler<
  TContract extends Contract,
  TEvent extends PublishedEventType,
  TUses extends Uses,
  TStartables extends Startables,
> = (event: HandledEvent<TEvent>, context: EventContext<TContract, TUses, TStartables>) => Eventual<unknown>

/** Handles 1 to 100 events at once; `of(event)` of the context publishes and starts because of one of them. */
export type PageHandler<
  TContract extends Contract,
  TEvent extends PublishedEventType,
  TUses extends Uses,
  TStartables extends Startables,
> = (
  events: readonly HandledEvent<TEvent>[],
  context: PageContext<TContract, TUses, TStartables>,
) => Eventual<unknown>

/** Reads who owns what an input names; undefined: there is no such thing. */
export type OwnerOf<TOperation> = (input: InputOf<TOperation>, db: Queryable) => Eventual<string | undefined>
