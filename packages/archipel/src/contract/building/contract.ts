import { publishedEvent, type PublishedEvents } from '../events.ts'
import type { Contract, EventDefinition, Operations } from '../types.ts'

/** What a service promises. */
export interface ContractOptions<TOperations extends Operations, TEvents extends Readonly<Record<string, EventDefinition>>> {
  /** A semantic version: callers and callees of one major version understand each other. */
  readonly version: string
  readonly operations: TOperations
  readonly events?: TEvents
}

/**
 * Builds a contract: a typed value without I/O, shared between a service and its callers. One that promises what
 * can't be kept is refused with `ARC_CONTRACT_INVALID`, which lists every fault with its path and an advice.
 */
export function contract<
  const TName extends string,
  TOperations extends Operations,
  TEvents extends Readonly<Record<string, EventDefinition>> = Record<never, never>,
>(name: TName, options: ContractOptions<TOperations, TEvents>): Contract<TName, TOperations, PublishedEvents<TEvents>>
export function contract(name: string, options: ContractOptions<Operations, Readonly<Record<string, EventDefinition>>>): Contract {
  const events = Object.entries(options.events ?? {}).map(([key, value]) => [key, publishedEvent(name, key, value)] as const)
  return Object.freeze({
    name,
    version: options.version,
    operations: Object.freeze({ ...options.operations }),
    events: Object.freeze(Object.fromEntries(events)),
  })
}
