import type {
  CallerInputOf,
  Contract,
  ErrorsOf,
  NamesOfKind,
  Operation,
  OperationKind,
  OutputOf,
} from '../contract/index.ts'
import { isArchipelError, type ArchipelError, type FrameworkErrorCode } from '../errors/index.ts'
import { fromCall } from './failed-call.ts'
import { incomingBody, type UploadBody } from './upload-body.ts'
import type { CallOptions, CallTarget, Outbound, StreamOptions } from './outbound.ts'
import type { Download } from './types.ts'

/** An error of one operation's contract: `code` tells which, and with it the type of `details`. */
export type DeclaredError<TErrors> = {
  [TCode in keyof TErrors & string]: ArchipelError & {
    readonly code: TCode
    readonly details: TErrors[TCode]
  }
}[keyof TErrors & string]

/** Everything that an operation can fail with. */
export type OperationError<TOperation> =
  | DeclaredError<ErrorsOf<TOperation>>
  | (ArchipelError & { readonly code: FrameworkErrorCode })

/** An outcome without exceptions. */
export type TryResult<TOperation> =
  | { readonly ok: true; readonly value: OutputOf<TOperation> }
  | { readonly ok: false; readonly error: OperationError<TOperation> }

/** Operations without required input can be called without any. */
type Arguments<TInput, TOptions> =
  Record<never, never> extends TInput
    ? [input?: TInput, options?: TOptions]
    : [input: TInput, options?: TOptions]

/** One item of a stream, with the id to resume after. */
export interface ClientItem<TData> {
  readonly id: string
  readonly data: TData
}

type Promised<TContract extends Contract, TNames extends keyof TContract['operations']> = {
  readonly [TName in TNames]: (
    ...args: Arguments<CallerInputOf<TContract['operations'][TName]>, CallOptions>
  ) => Promise<OutputOf<TContract['operations'][TName]>>
} & {
  /** The same operations with their errors as values, typed by code. */
  readonly try: {
    readonly [TName in TNames]: (
      ...args: Arguments<CallerInputOf<TContract['operations'][TName]>, CallOptions>
    ) => Promise<TryResult<TContract['operations'][TName]>>
  }
}

type Streamed<TContract extends Contract> = {
  readonly [TName in NamesOfKind<TContract, 'stream'>]: (
    ...args: Arguments<CallerInputOf<TContract['operations'][TName]>, StreamOptions>
  ) => AsyncIterable<ClientItem<OutputOf<TContract['operations'][TName]>>>
}

type Transferred<TContract extends Contract> = {
  readonly [TName in NamesOfKind<TContract, 'upload'>]: (
    input: CallerInputOf<TContract['operations'][TName]>,
    body: UploadBody,
    options?: CallOptions,
  ) => Promise<OutputOf<TContract['operations'][TName]>>
} & {
  readonly [TName in NamesOfKind<TContract, 'download'>]: (
    ...args: Arguments<CallerInputOf<TContract['operations'][TName]>, Pick<StreamOptions, 'signal'>>
  ) => Promise<Download>
}

/** The typed way to call a contract. Whether the service runs in this process can't be told. */
export type Client<TContract extends Contract> = Promised<
  TContract,
  NamesOfKind<TContract, 'query' | 'command'>
> &
  Streamed<TContract> &
  Transferred<TContract>

/** A client that can only read: for queries and for `prepare`. */
export type QueryClient<TContract extends Contract> = Promised<TContract, NamesOfKind<TContract, 'query'>>

const OUTBOUND = Symbol('archipel.outbound')

interface BoundClient {
  readonly [OUTBOUND]: Outbound
}

async function settled(
  answer: Promise<unknown>,
): Promise<{ ok: true; value: unknown } | { ok: false; error: ArchipelError }> {
  try {
    return { ok: true, value: await answer }
  } catch (error) {
    if (isArchipelError(error)) return { ok: false, error }
    throw error
  }
}

type Method = (...args: never[]) => unknown

/** How a client calls an operation of each kind. */
const METHODS: Readonly<Record<OperationKind, (outbound: Outbound, target: CallTarget) => Method>> = {
  query: called,
  command: called,
  stream:
    (outbound, target) =>
    (input: unknown = {}, options?: StreamOptions) =>
      outbound.pipeline.stream(target, input, outbound, options),
  upload: (outbound, target) => (input: unknown, body: UploadBody, options?: CallOptions) =>
    outbound.pipeline.call(target, input, outbound, { ...options, body: incomingBody(body) }),
  download:
    (outbound, target) =>
    (input: unknown = {}, options?: Pick<StreamOptions, 'signal'>) =>
      told(target, outbound.pipeline.download(target, input, outbound, options)),
}

function called(outbound: Outbound, target: CallTarget) {
  const { pipeline } = outbound
  return (input: unknown = {}, options?: CallOptions) =>
    told(target, pipeline.call(target, input, outbound, options))
}

/** An answer, or what its caller is to know of its failure. */
async function told<TAnswer>(target: CallTarget, answer: Promise<TAnswer>): Promise<TAnswer> {
  try {
    return await answer
  } catch (error) {
    throw fromCall(error, target)
  }
}

/** Methods are made when they are looked up, so that a client costs nothing until it is used and can be taken apart. */
function addMethod(prototype: object, tries: object, target: CallTarget): void {
  const { definition, operation } = target
  const method = METHODS[definition.kind]
  Object.defineProperty(prototype, operation, {
    enumerable: true,
    get(this: BoundClient) {
      return method(this[OUTBOUND], target)
    },
  })
  if (definition.kind !== 'query' && definition.kind !== 'command') return
  Object.defineProperty(tries, operation, {
    enumerable: true,
    get(this: BoundClient) {
      const call = called(this[OUTBOUND], target)
      return (input?: unknown, options?: CallOptions) => settled(call(input, options))
    },
  })
}

function operationsOf(contract: Contract, kinds: readonly Operation['kind'][]): [string, Operation][] {
  return Object.entries(contract.operations).filter(([, definition]) => kinds.includes(definition.kind))
}

function factoryFor(contract: Contract, kinds: readonly Operation['kind'][]): (outbound: Outbound) => object {
  class Tries implements BoundClient {
    readonly [OUTBOUND]: Outbound
    constructor(outbound: Outbound) {
      this[OUTBOUND] = outbound
    }
  }
  class BoundTo extends Tries {
    get try(): object {
      return new Tries(this[OUTBOUND])
    }
  }
  for (const [operation, definition] of operationsOf(contract, kinds)) {
    addMethod(BoundTo.prototype, Tries.prototype, { service: contract.name, operation, definition })
  }
  return (outbound) => new BoundTo(outbound)
}

/** Makes clients of one contract for many contexts. */
function createClientFactory<TContract extends Contract>(
  contract: TContract,
): (outbound: Outbound) => Client<TContract>
function createClientFactory(contract: Contract): (outbound: Outbound) => object {
  return factoryFor(contract, ['query', 'command', 'stream', 'upload', 'download'])
}

/** The same for clients that can only read. */
export function createQueryClientFactory<TContract extends Contract>(
  contract: TContract,
): (outbound: Outbound) => QueryClient<TContract>
export function createQueryClientFactory(contract: Contract): (outbound: Outbound) => object {
  return factoryFor(contract, ['query'])
}

/** @param outbound where the calls go: who makes them, on whose behalf, until when. */
export function createClient<TContract extends Contract>(
  contract: TContract,
  outbound: Outbound,
): Client<TContract> {
  return createClientFactory(contract)(outbound)
}
