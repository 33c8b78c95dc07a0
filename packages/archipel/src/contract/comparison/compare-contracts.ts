import type { Contract } from '../types.ts'
import { createChanges, type ContractChange } from './changes.ts'
import { compareEvents } from './compare-events.ts'
import { compareOperations } from './compare-operations.ts'

/**
 * Every difference that meets a user of the older version: callers of its operations, readers of its events.
 * What they send must still be taken (inputs may only get wider); what they get must still be read (answers,
 * details and events may only get narrower, but for new fields, which a tolerant reader leaves alone).
 * Equal contracts give nothing.
 */
export function compareContracts(older: Contract, newer: Contract): readonly ContractChange[] {
  const changes = createChanges()
  if (older.name !== newer.name)
    changes.breaking(
      'name',
      'operation',
      `it was '${older.name}', is '${newer.name}'`,
      'A renamed contract is a new one: keep the old until nobody calls it.',
    )
  for (const [name, operation] of Object.entries(older.operations)) {
    const same = newer.operations[name]
    const path = `operations.${name}`
    if (same === undefined)
      changes.breaking(path, 'operation', 'the operation is gone', 'Keep it until nobody calls it.')
    else compareOperations(operation, same, path, changes)
  }
  for (const name of Object.keys(newer.operations))
    if (!Object.hasOwn(older.operations, name))
      changes.compatible(`operations.${name}`, 'operation', 'the operation is new')
  compareEvents(older, newer, changes)
  return changes.found
}
