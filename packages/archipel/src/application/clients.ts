import { createClient, type Client } from '../call/index.ts'
import type { Contract } from '../contract/index.ts'
import type { Environment } from '../environment/index.ts'
import type { Principal } from '../call/index.ts'
import type { Assembly } from './assemble.ts'

/** For whom a client of the application itself speaks. */
export interface ClientOptions {
  readonly principal?: Principal | undefined
  /** Of commands: the same key is the same command, also after a restart. */
  readonly idempotencyKey?: string | undefined
}

/** Makes clients that call from inside: internal operations too. */
export type CreateInsideClient = <TContract extends Contract>(
  contract: TContract,
  options?: ClientOptions,
) => Client<TContract>

export function insideClients(
  { pipeline }: Pick<Assembly, 'pipeline'>,
  environment: Environment,
): CreateInsideClient {
  return (contract, options = {}) =>
    createClient(contract, {
      pipeline,
      bounds: undefined,
      metadata: {
        caller: 'application',
        principal: options.principal,
        idempotencyKey: options.idempotencyKey,
        correlationId: environment.identifiers.next(),
        traceparent: undefined,
        undoes: undefined,
      },
    })
}
