import type { Contract, Operation, OperationKind } from '../contract/index.ts'
import { isArchipelError, type ArchipelError } from '../errors/index.ts'
import type { Client, QueryClient } from './client-types.ts'
import type { CallOptions, CallTarget, Outbound, StreamOptions } from './outbound.ts'
import { incomingBody, type UploadBody } from './upload-body.ts'

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
      outbound.pipeline.download(target, input, outbound, options),
}

function called(outbound: Outbound, target: CallTarget) {
  const { pipeline } = outbound
  return (input: unknown = {}, options?: CallOptions) => pipeline.call(target, input, outbound, options)
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

/** Makes clients that can only read, of one contract for many contexts. */
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
): Client<TContract>
export function createClient(contract: Contract, outbound: Outbound): object {
  return factoryFor(contract, ['query', 'command', 'stream', 'upload', 'download'])(outbound)
}
