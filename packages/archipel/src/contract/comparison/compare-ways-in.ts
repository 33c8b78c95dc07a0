import { accessAlternatives } from '../access.ts'
import { pathShape } from '../http-binding.ts'
import type { Access, HttpBinding } from '../types.ts'
import type { Changes } from './changes.ts'

/** Nobody may be shut out. */
export function compareAccess(older: Access, newer: Access, path: string, changes: Changes): void {
  const [before, after] = [waysOf(older), waysOf(newer)]
  const lost = after.has('public') ? [] : [...before].filter((way) => !after.has(way))
  const fresh = before.has('public') ? [] : [...after].filter((way) => !before.has(way))
  if (lost.length > 0)
    changes.breaking(
      `${path}.access`,
      'operation',
      `no longer open to ${lost.join(', ')}`,
      'Grant it to them still, by anyOf(…), until they have changed.',
    )
  if (fresh.length > 0) changes.compatible(`${path}.access`, 'operation', `open to ${fresh.join(', ')} now`)
}

function waysOf(access: Access): ReadonlySet<string> {
  return new Set(
    accessAlternatives(access).map((way) => ('value' in way ? `${way.by} '${way.value}'` : way.by)),
  )
}

/** Where an operation is found from outside, and what its answer is marked with. */
export function compareHttp(
  older: HttpBinding | undefined,
  newer: HttpBinding | undefined,
  path: string,
  changes: Changes,
): void {
  const place = `${path}.http`
  if (older !== undefined && newer !== undefined) compareBindings(older, newer, place, changes)
  if (older === undefined && newer !== undefined)
    changes.compatible(place, 'operation', 'it can be reached from outside now')
  if (older !== undefined && newer === undefined)
    changes.breaking(
      place,
      'operation',
      'it can no longer be reached from outside',
      'Keep the route until nobody uses it.',
    )
}

function compareBindings(older: HttpBinding, newer: HttpBinding, place: string, changes: Changes): void {
  if (routeOf(older) !== routeOf(newer))
    changes.breaking(
      `${place}.route`,
      'operation',
      `it was ${older.method} ${older.path}, is ${newer.method} ${newer.path}`,
      'Keep the old route, and add an operation for the new one.',
    )
  if (older.status !== newer.status)
    changes.breaking(
      `${place}.status`,
      'answer',
      `it was ${older.status}, is ${newer.status}`,
      'Keep the status: clients compare it.',
    )
  if (older.location === newer.location) return
  const change = `it was ${older.location ?? 'absent'}, is ${newer.location ?? 'absent'}`
  if (older.location === undefined) changes.compatible(`${place}.location`, 'answer', change)
  else changes.breaking(`${place}.location`, 'answer', change, 'Keep it: clients follow it.')
}

/** Routes that differ only in the names of their parameters are one. */
function routeOf({ method, path }: HttpBinding): string {
  return `${method} ${pathShape(path)}`
}
