import { frameworkError, listingDetails } from '../../errors/index.ts'
import { publishedEvent, type PublishedEvents } from '../events.ts'
import type { Contract, EventDefinition, Operations } from '../types.ts'
import { contractFaults } from './contract-faults.ts'

/** What a service promises. */
export interface ContractOptions<
  TOperations extends Operations,
  TEvents extends Readonly<Record<string, EventDefinition>>,
> {
  /** A semantic version: callers and callees of one major version understand each other. */
  readonly version: string
  readonly operations: TOperations
  readonly events?: TEvents
}

/**
 * Builds a contract: a typed value without I/O, shared between a service and its callers. One that promises what
 * can't be kept is refused with `ARC_CONTRACT_INVALID`: `details.issues` has every fault with its path and an advice.
 */
export function contract<
  const TName extends string,
  TOperations extends Operations,
  TEvents extends Readonly<Record<string, EventDefinition>> = Record<never, never>,
>(
  name: TName,
  options: ContractOptions<TOperations, TEvents>,
): Contract<TName, TOperations, PublishedEvents<TName, TEvents>>
export function contract(
  name: string,
  options: ContractOptions<Operations, Readonly<Record<string, EventDefinition>>>,
): Contract {
  const { version, operations, events = {} } = options
  refuseFaults(name, { name, version, operations, events })
  const published = Object.entries(events).map(
    ([key, value]) => [key, publishedEvent(name, key, value)] as const,
  )
  return Object.freeze({
    name,
    version,
    operations: Object.freeze({ ...operations }),
    events: Object.freeze(Object.fromEntries(published)),
  })
}

function refuseFaults(name: string, draft: Parameters<typeof contractFaults>[0]): void {
  const issues = contractFaults(draft).map((fault) => ({ ...fault }))
  if (issues.length === 0) return
  const lines = issues.map(({ path, message, advice }) => `  ${path}: ${message}. ${advice}`)
  const message = [`Contract '${name}' can't be kept:`, ...lines].join('\n')
  throw listingDetails(frameworkError('ARC_CONTRACT_INVALID', message, { details: { issues } }))
}
