import { accessAlternatives, type Operation } from '../contract/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { OperationImplementation, ReservedName, ServiceDefinition } from './types.ts'

const RESERVED: Readonly<Record<ReservedName, true>> = {
  body: true,
  cancel: true,
  changed: true,
  constructor: true,
  correlationId: true,
  db: true,
  errors: true,
  event: true,
  id: true,
  key: true,
  lastEventId: true,
  log: true,
  now: true,
  of: true,
  outbound: true,
  principal: true,
  publish: true,
  signal: true,
  start: true,
  // oxlint-disable-next-line unicorn/no-thenable -- a list of names, never awaited
  then: true,
  try: true,
}

/** The same rules that the types enforce, for who comes from JavaScript or past the types. */
export function validateDefinition(definition: ServiceDefinition): void {
  const faults = [
    ...operationFaults(definition),
    ...nameFaults(definition),
    ...startFaults(definition),
    ...activityFaults(definition),
  ]
  if (faults.length > 0)
    throw frameworkError('ARC_APPLICATION_INVALID', faults.join('; '), { details: { faults } })
}

function operationFaults({ contract, operations }: ServiceDefinition): string[] {
  return Object.entries(contract.operations).flatMap(([name, operation]) => {
    const implementation = operations[name]
    if (implementation === undefined) return [`${contract.name} has no handler for '${name}'`]
    const isOwners = operation.kind !== 'query' && asksForOwner(operation)
    return isOwners && implementation.ownerOf === undefined
      ? [`'${contract.name}.${name}' asks for the owner: give { ownerOf } before the handler`]
      : []
  })
}

function asksForOwner({ access }: Operation): boolean {
  return accessAlternatives(access).some(({ by }) => by === 'owner')
}

function nameFaults({ contract, uses }: ServiceDefinition): string[] {
  return Object.keys(uses).flatMap((name) =>
    Object.hasOwn(RESERVED, name)
      ? [`${contract.name}: '${name}' is a word of contexts and can't name a service`]
      : [],
  )
}

/** `start` knows both by name. */
function startFaults({ contract, sagas, activities }: ServiceDefinition): string[] {
  return activities.flatMap(({ name }) =>
    sagas.some((saga) => saga.name === name)
      ? [`${contract.name}: '${name}' names a saga and an activity`]
      : [],
  )
}

/** An activity that isn't listed would not be found again after a crash. */
function activityFaults({ contract, operations, activities }: ServiceDefinition): string[] {
  const isUnlisted = (implementation: OperationImplementation) =>
    'activity' in implementation && !activities.includes(implementation.activity)
  return Object.entries(operations).flatMap(([name, implementation]) =>
    isUnlisted(implementation)
      ? [`${contract.name}: the activity of '${name}' stands in \`activities\` as well`]
      : [],
  )
}
