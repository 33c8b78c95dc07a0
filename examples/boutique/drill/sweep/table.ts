import { fulfilOrder } from '../../orders/fulfil-order.ts'
import type { Outcome } from './attack.ts'
import { placeOf } from './passing.ts'
import { ORDER_PATHS } from './paths.ts'

/** Point by point and path by path: how many kills, and how they ended. */
export function table(outcomes: readonly Outcome[]): string {
  const places = [...new Set(outcomes.map(({ attack }) => placeOf(attack.passing)))].toSorted()
  const width = Math.max(...places.map((place) => place.length))
  const rows = places.map((place) => [
    place,
    ...ORDER_PATHS.map(({ name }) =>
      cell(outcomes.filter(({ attack }) => attack.path.name === name && placeOf(attack.passing) === place)),
    ),
  ])
  return [['', ...ORDER_PATHS.map(({ name }) => name)], ...rows]
    .map(
      ([place = '', ...cells]) =>
        `  ${place.padEnd(width)}  ${cells.map((text) => text.padStart(18)).join('')}`,
    )
    .join('\n')
}

function cell(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '–'
  const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0).length
  if (wrong > 0) return `${wrong} WRONG`
  const killed = outcomes.filter((outcome) => outcome.killed).length
  return killed === 0 ? 'not passed' : killed === 1 ? 'ok' : `ok ×${killed}`
}

const MOMENTS = ['undo-stored', 'undo-sent', 'undo-answered']

/** For each step that can be undone: whether somebody died at each moment of its undo. */
export function compensations(
  outcomes: readonly Outcome[],
): { readonly step: string; readonly moments: Record<string, number> }[] {
  const kills = outcomes.filter(({ killed }) => killed)
  return fulfilOrder.steps
    .filter(({ undo }) => undo !== undefined)
    .map(({ name }) => ({
      step: name,
      moments: Object.fromEntries(
        MOMENTS.map((moment) => [
          moment,
          kills.filter(({ attack }) => attack.passing.point === `saga.${name}.${moment}`).length,
        ]),
      ),
    }))
}
