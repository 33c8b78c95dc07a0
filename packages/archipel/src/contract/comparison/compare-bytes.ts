import type { Operation } from '../types.ts'
import type { Report } from './compare-contracts.ts'

/** How long an answer is kept breaks nobody: who got it before keeps to what it said then. */
export function compareCaching(older: Operation, newer: Operation, path: string, report: Report): void {
  const [before, after] = [older.cache?.maxAge ?? 'nothing', newer.cache?.maxAge ?? 'nothing']
  if (before !== after) report(`${path}.cache`, 'answer', true, `it was ${before}, is ${after}`)
}

/** What older callers send must still be taken, and what they get must be one of the types that they know. */
export function compareBytes(older: Operation, newer: Operation, path: string, report: Report): void {
  const { bytes: before } = older
  const { bytes: after } = newer
  if (before === undefined || after === undefined || older.kind !== newer.kind) return
  const direction = older.kind === 'upload' ? 'input' : 'answer'
  const place = `${path}.contentTypes`
  const gone = before.contentTypes.filter((type) => !after.contentTypes.includes(type))
  const fresh = after.contentTypes.filter((type) => !before.contentTypes.includes(type))
  if (gone.length > 0)
    report(
      place,
      direction,
      direction === 'answer',
      `${gone.join(', ')} is gone`,
      direction === 'answer' ? '' : 'Callers still send it: take it until they have changed.',
    )
  if (fresh.length > 0)
    report(
      place,
      direction,
      direction === 'input',
      `${fresh.join(', ')} is new`,
      direction === 'input' ? '' : 'Readers were never told of it: give it by an operation of its own.',
    )
  compareLength(before.maxBytes ?? 0, after.maxBytes ?? 0, path, report)
}

function compareLength(before: number, after: number, path: string, report: Report): void {
  if (before === after) return
  const wider = after > before
  const advice = wider ? '' : 'Callers still send as much: take it until they have changed.'
  report(`${path}.maxBytes`, 'input', wider, `it was ${before}, is ${after}`, advice)
}
