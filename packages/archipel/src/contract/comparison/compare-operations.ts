import type { Operation } from '../types.ts'
import type { Changes } from './changes.ts'
import { compareBytes } from './compare-bytes.ts'
import { compareErrors } from './compare-errors.ts'
import { compareAccess, compareHttp } from './compare-ways-in.ts'
import { compareRead, compareSent } from './compare-schemas.ts'

/** Whatever callers of one operation meet. */
export function compareOperations(older: Operation, newer: Operation, path: string, changes: Changes): void {
  if (older.kind !== newer.kind)
    changes.breaking(
      path,
      'operation',
      `it was a ${older.kind}, is a ${newer.kind}`,
      'Give the new one another name.',
    )
  compareSecrecy(older, newer, path, changes)
  compareAccess(older.access, newer.access, path, changes)
  compareHttp(older.http, newer.http, path, changes)
  compareSent(older.input, newer.input, `${path}.input`, changes)
  compareRead(older.output, newer.output, `${path}.output`, 'answer', changes)
  compareCaching(older, newer, path, changes)
  compareBytes(older, newer, path, changes)
  compareErrors(older, newer, path, changes)
}

function compareSecrecy(older: Operation, newer: Operation, path: string, changes: Changes): void {
  const place = `${path}.secret`
  if (older.secret && !newer.secret)
    changes.compatible(place, 'operation', 'a repeat with the same key gets the stored answer now')
  if (!older.secret && newer.secret)
    changes.breaking(
      place,
      'operation',
      'a repeat with the same key runs again now',
      'Callers that repeat on their own must expect a second effect.',
    )
}

/** How long an answer is kept breaks nobody: who got it before keeps to what it said then. */
function compareCaching(older: Operation, newer: Operation, path: string, changes: Changes): void {
  const [before, after] = [older.cache?.maxAge ?? 'nothing', newer.cache?.maxAge ?? 'nothing']
  if (before !== after) changes.compatible(`${path}.cache`, 'answer', `it was ${before}, is ${after}`)
}
