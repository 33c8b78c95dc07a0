import type { ErrorDefinition, Operation } from '../types.ts'
import type { Changes } from './changes.ts'
import { compareRead } from './compare-schemas.ts'

/** Kinds that the framework itself can give to any operation: every caller knows them. */
const KNOWN_KINDS = ['invalid', 'limited', 'internal', 'unavailable', 'timed-out', 'cancelled']

/** A caller that doesn't know a code goes by its kind: a new code is breaking only when its kind is new to the operation. */
export function compareErrors(older: Operation, newer: Operation, path: string, changes: Changes): void {
  const [before, after] = [errorsOf(older), errorsOf(newer)]
  for (const [code, error] of before) {
    const same = after.get(code)
    const place = `${path}.errors.${code}`
    if (same === undefined) changes.compatible(place, 'error', 'the error is gone')
    else compareError(error, same, place, changes)
  }
  const known = new Set<string>([...KNOWN_KINDS, ...[...before.values()].map(({ kind }) => kind)])
  for (const [code, { kind }] of after) {
    const place = `${path}.errors.${code}`
    if (before.has(code)) continue
    if (known.has(kind)) changes.compatible(place, 'error', `the error is new, of the known kind '${kind}'`)
    else
      changes.breaking(
        place,
        'error',
        `the error is new, of the new kind '${kind}'`,
        'Callers meet a kind of failure that they were never told of: give it a kind they know, or add an operation.',
      )
  }
}

function errorsOf({ errors }: Operation): ReadonlyMap<string, ErrorDefinition> {
  return new Map(Object.entries<ErrorDefinition>(errors))
}

function compareError(older: ErrorDefinition, newer: ErrorDefinition, path: string, changes: Changes): void {
  if (older.kind !== newer.kind)
    changes.breaking(
      path,
      'error',
      `its kind was '${older.kind}', is '${newer.kind}'`,
      'Keep the kind, and declare a new code for the new meaning.',
    )
  if (older.details === undefined && newer.details !== undefined)
    changes.compatible(path, 'error', 'it has details now')
  if (older.details !== undefined && newer.details === undefined)
    changes.breaking(path, 'error', 'its details are gone', 'Keep them: callers read them.')
  if (older.details !== undefined && newer.details !== undefined)
    compareRead(older.details, newer.details, path, 'error', changes)
}
