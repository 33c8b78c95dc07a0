// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every handler and schema fits, and none leaves as a value.
import type {
  AccessOf,
  CallerInputOf,
  Contract,
  InputOf,
  NamesOfKind,
  OutputOf,
  PublishedEventType,
} from '../contract/index.ts'
import type { Duration } from '../environment/index.ts'
import type { ActivityDefinition, SagaDefinition, Uses } from '../saga/index.ts'
import type {
  AsksForOwner,
  CommandHandler,
  DownloadHandler,
  EventHandler,
  OwnerOf,
  PageHandler,
  PrepareContext,
  QueryHandler,
  Sagas,
  Startables,
  StreamHandler,
  UploadHandler,
} from './handler-types.ts'
import type { ReceivedBody } from './received-body.ts'

/** What a service is made of beside its handlers. */
export interface ServiceOptions<
  TUses extends Uses,
  TSagas extends Sagas,
  TActivities extends readonly ActivityDefinition[],
> {
  /** A folder of numbered `.sql` files. */
  readonly database?: { readonly migrations: URL | string } | undefined
  /** The contracts that queries and `prepare` may read from, under the names that handlers see. */
  readonly uses?: TUses & ReservedNamesRefused<TUses>
  /** All versions that something may still run on; `start` and `cancel` know them by name. */
  readonly sagas?: TSagas
  readonly activities?: TActivities
}

/** Names that contexts use themselves. */
export type ReservedName =
  | 'body'
  | 'cancel'
  | 'changed'
  | 'constructor'
  | 'correlationId'
  | 'db'
  | 'errors'
  | 'event'
  | 'id'
  | 'key'
  | 'lastEventId'
  | 'log'
  | 'now'
  | 'of'
  | 'outbound'
  | 'principal'
  | 'publish'
  | 'signal'
  | 'start'
  | 'then'
  | 'try'
type ReservedNamesRefused<TUses> = {
  readonly [TName in keyof TUses & ReservedName]: `'${TName}' is a word of contexts and can't name a service`
}

/** How a subscription is known and what becomes of an event that its handler can't take. */
export interface SubscriptionOptions {
  /** Its identity within the service: inbox, position and dead letters go by it. */
  readonly name: string
  /** Whether events from before the subscription count. */
  readonly from: 'start' | 'now'
  /** `park-key` (default): later events of the key wait behind it. `skip`: it is parked alone, order is nothing here. */
  readonly onPoison?: 'park-key' | 'skip'
  /** Default: 8 attempts, 100 ms doubled up to 1 min. */
  readonly retry?: { readonly attempts?: number; readonly first?: Duration; readonly longest?: Duration }
}

export type OperationName<TContract extends Contract> = keyof TContract['operations'] & string
type OperationOf<TContract extends Contract, TName extends string> = TContract['operations'][TName]

/** The verdict on a name, as the type that its place expects. */
type NewOperation<
  TContract extends Contract,
  TName extends string,
  THandled extends string,
> = TName extends THandled ? `${TContract['name']} has two handlers for '${TName}'` : TName

type OwnerIsMissing<TName extends string> =
  `'${TName}' asks for the owner: give { ownerOf } before the handler`

/** Those of the service's activities that fit an operation: where none does, a wrong handler is told as a wrong handler. */
type ActivityFor<TOperation, TStartables extends Startables> = Extract<
  TStartables[number],
  ActivityDefinition<string, CallerInputOf<TOperation>, InputOf<TOperation>, OutputOf<TOperation>, any, any>
>

/** The handler of an operation that needs nothing before it. */
type HandlerOf<
  TContract extends Contract,
  TName extends string,
  TUses extends Uses,
  TStartables extends Startables,
> =
  TName extends NamesOfKind<TContract, 'query'>
    ? QueryHandler<OperationOf<TContract, TName>, TUses>
    : true extends AsksForOwner<AccessOf<OperationOf<TContract, TName>>>
      ? OwnerIsMissing<TName>
      : HandlerAfter<TContract, TName, TUses, TStartables, undefined>

/** The handler of a command, upload, stream or download; of the first two, its third argument is what `prepare` gave. */
type HandlerAfter<
  TContract extends Contract,
  TName extends string,
  TUses extends Uses,
  TStartables extends Startables,
  TPrepared,
> =
  TName extends NamesOfKind<TContract, 'command'>
    ?
        | CommandHandler<TContract, OperationOf<TContract, TName>, TUses, TStartables, Awaited<TPrepared>>
        | ActivityFor<OperationOf<TContract, TName>, TStartables>
    : TName extends NamesOfKind<TContract, 'stream'>
      ? StreamHandler<OperationOf<TContract, TName>>
      : TName extends NamesOfKind<TContract, 'upload'>
        ? UploadHandler<TContract, OperationOf<TContract, TName>, TUses, TStartables, Awaited<TPrepared>>
        : TName extends NamesOfKind<TContract, 'download'>
          ? DownloadHandler<OperationOf<TContract, TName>>
          : `'${TName}' is a query: it has nothing before its handler`

/** `ownerOf` says whose the thing is: required where `owner(…)` stands in the access of an operation that is no query. */
type RequiredOwner<TOperation> =
  true extends AsksForOwner<AccessOf<TOperation>>
    ? {
        /**
         * Reads whose the thing is, before anything is done or given. Undefined says that there is none: nobody but those
         * whom access lets in otherwise gets to the handler; the others are told the first `notFound()` of the operation.
         */
        readonly ownerOf: OwnerOf<TOperation>
      }
    : { readonly ownerOf?: OwnerOf<TOperation> }

/** `prepare` of an upload has its body at hand. */
type BodyOf<TContract extends Contract, TName extends string> =
  TName extends NamesOfKind<TContract, 'upload'> ? { readonly body: ReceivedBody } : {}

/** What stands before a handler: `.operation(name, before, handler)`. */
type Before<TContract extends Contract, TName extends string, TUses extends Uses, TPrepared> = RequiredOwner<
  OperationOf<TContract, TName>
> & {
  /** Reads before the transaction; what it gives is the handler's third argument. Skipped when the key has its answer. */
  readonly prepare?: (
    input: InputOf<OperationOf<TContract, TName>>,
    context: PrepareContext<OperationOf<TContract, TName>, TUses> & BodyOf<TContract, TName>,
  ) => TPrepared
}

/** One event of a contract, or several of the same contract. */
type SubscribedEvents = PublishedEventType | readonly PublishedEventType[]
type EventOf<TEvents extends SubscribedEvents> = TEvents extends readonly PublishedEventType[]
  ? TEvents[number]
  : Extract<TEvents, PublishedEventType>

type OptionsAreMissing =
  "a subscription has a name and a beginning: .on(event, { name, from: 'start' }, handler)"

/** The implementation of one contract, as far as it has been written. */
export interface Service<
  TContract extends Contract = Contract,
  TUses extends Uses = Uses,
  TStartables extends Startables = Startables,
  THandled extends string = string,
> {
  readonly contract: TContract
  /** What the framework binds; types are gone, they were checked where it was written. */
  readonly definition: ServiceDefinition
  /** Type only: the operations that have a handler. */
  readonly handled?: THandled

  // Written out, so that the compiler lists the names.
  operation<TName extends keyof TContract['operations'] & string>(
    name: NewOperation<TContract, TName, THandled>,
    handler: HandlerOf<TContract, TName, TUses, TStartables>,
  ): Service<TContract, TUses, TStartables, THandled | TName>
  operation<TName extends keyof TContract['operations'] & string, TPrepared = undefined>(
    name: NewOperation<TContract, TName, THandled>,
    before: Before<TContract, TName, TUses, TPrepared>,
    handler: HandlerAfter<TContract, TName, TUses, TStartables, TPrepared>,
  ): Service<TContract, TUses, TStartables, THandled | TName>

  /** Handles events of one publisher, of one key in order, effectively once: what it writes and the mark are one transaction. */
  on<const TEvents extends SubscribedEvents>(
    events: TEvents,
    options: SubscriptionOptions,
    handler: EventHandler<TContract, EventOf<TEvents>, TUses, TStartables>,
  ): Service<TContract, TUses, TStartables, THandled>
  /** Without its options, a subscription is an error that says so. */
  on<const TEvents extends SubscribedEvents>(
    events: TEvents,
    handler: EventHandler<TContract, EventOf<TEvents>, TUses, TStartables> & OptionsAreMissing,
  ): never

  /**
   * The same for all events that are there at once, 1 to 100, in their order: one statement can write what many ask
   * for. Should it fail, nothing of it stays and each event comes again as a page of its own, so that one that can't be
   * handled holds up its own key alone. It may do only what it would do for them one after the other.
   */
  onPage<const TEvents extends SubscribedEvents>(
    events: TEvents,
    options: SubscriptionOptions,
    handler: PageHandler<TContract, EventOf<TEvents>, TUses, TStartables>,
  ): Service<TContract, TUses, TStartables, THandled>
}

/** A service in a place that takes any; whether it is complete is another question. */
export interface AnyService {
  readonly contract: Contract
  readonly definition: ServiceDefinition
}

type HandledBy<TService> = TService extends { readonly handled?: infer THandled }
  ? Extract<THandled, string>
  : never
type ContractOf<TService> = TService extends { readonly contract: infer TContract extends Contract }
  ? TContract
  : never
type Missing<TService> = Exclude<OperationName<ContractOf<TService>>, HandledBy<TService>>

/**
 * A service whose operations all have handlers; else the message that says which has none. One whose type is no longer
 * known, as it comes out of another application, was found complete there.
 */
export type CompleteService<TService extends AnyService> =
  string extends OperationName<ContractOf<TService>>
    ? TService
    : [Missing<TService>] extends [never]
      ? TService
      : `${ContractOf<TService>['name']} has no handler for '${Missing<TService>}'`

/** The same for a list: `services: CompleteServices<TServices>`. */
export type CompleteServices<TServices extends readonly AnyService[]> = {
  readonly [TIndex in keyof TServices]: CompleteService<TServices[TIndex]>
}

/** Handlers once their types are gone: they were checked where they were written. */
export type ErasedHandler = (input: any, context: any, prepared?: any) => unknown
export type ErasedOwnerOf = OwnerOf<any>

/** One operation as it was written. */
export type OperationImplementation =
  | {
      readonly handler: ErasedHandler
      readonly prepare: ErasedHandler | undefined
      readonly ownerOf: ErasedOwnerOf | undefined
    }
  | { readonly activity: ActivityDefinition; readonly ownerOf: ErasedOwnerOf | undefined }

/** One subscription as it was written. */
export interface SubscriptionImplementation {
  readonly events: readonly PublishedEventType[]
  readonly options: SubscriptionOptions
  /** Whether the handler takes the events of a page together, or one. */
  readonly takes: 'event' | 'page'
  readonly handler: ErasedHandler
}

/** A service as data. */
export interface ServiceDefinition {
  readonly contract: Contract
  readonly migrations: URL | string | undefined
  readonly uses: Uses
  readonly sagas: readonly SagaDefinition[]
  readonly activities: readonly ActivityDefinition[]
  readonly operations: Readonly<Record<string, OperationImplementation>>
  readonly subscriptions: readonly SubscriptionImplementation[]
  /** Whether it stands in for a service that is elsewhere, and answers only what a test gave it. */
  readonly standIn?: true
}
