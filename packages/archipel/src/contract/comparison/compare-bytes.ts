import type { Operation } from '../types.ts'
import type { Changes } from './changes.ts'

/** What older callers send must still be taken, and what they get must be one of the types that they know. */
export function compareBytes(older: Operation, newer: Operation, path: string, changes: Changes): void {
  const { bytes: before } = older
  const { bytes: after } = newer
  if (before === undefined || after === undefined || older.kind !== newer.kind) return
  const gone = before.contentTypes.filter((type) => !after.contentTypes.includes(type))
  const fresh = after.contentTypes.filter((type) => !before.contentTypes.includes(type))
  const place = `${path}.contentTypes`
  if (older.kind === 'upload') compareSentTypes(gone, fresh, place, changes)
  else compareReadTypes(gone, fresh, place, changes)
  compareLength(before.maxBytes ?? 0, after.maxBytes ?? 0, `${path}.maxBytes`, changes)
}

type Names = readonly string[]

function compareSentTypes(gone: Names, fresh: Names, place: string, changes: Changes): void {
  const advice = 'Callers still send it: take it until they have changed.'
  if (gone.length > 0) changes.breaking(place, 'input', `${gone.join(', ')} is gone`, advice)
  if (fresh.length > 0) changes.compatible(place, 'input', `${fresh.join(', ')} is new`)
}

function compareReadTypes(gone: Names, fresh: Names, place: string, changes: Changes): void {
  const advice = 'Readers were never told of it: give it by an operation of its own.'
  if (gone.length > 0) changes.compatible(place, 'answer', `${gone.join(', ')} is gone`)
  if (fresh.length > 0) changes.breaking(place, 'answer', `${fresh.join(', ')} is new`, advice)
}

function compareLength(before: number, after: number, place: string, changes: Changes): void {
  const change = `it was ${before}, is ${after}`
  const advice = 'Callers still send as much: take it until they have changed.'
  if (after > before) changes.compatible(place, 'input', change)
  if (after < before) changes.breaking(place, 'input', change, advice)
}
