import type { CallerInputOf, Contract, ErrorsOf, NamesOfKind, OutputOf } from '../contract/index.ts'
import type { ArchipelError, FrameworkErrorCode } from '../errors/index.ts'
import type { CallOptions, StreamOptions } from './outbound.ts'
import type { Download } from './types.ts'
import type { UploadBody } from './upload-body.ts'

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

/** Operations as functions that answer or throw; under `try` the same with their errors as values. */
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
