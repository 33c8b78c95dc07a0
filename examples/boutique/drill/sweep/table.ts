import { sagas } from '../../orders/context.ts'
import type { Outcome } from './attack.ts'
import { placeOf } from './passing.ts'
import { ORDER_PATHS } from './paths.ts'

/** Path by path and point by point: how many kills, and how they ended. */
export function table(outcomes: readonly Outcome[]): string {
  const paths = ORDER_PATHS.map(({ name }) => name)
  return [
    ...rows(paths, outcomes, ({ attack }) => attack.path.name),
    '',
    ...rows([...new Set(outcomes.map(pointOf))].toSorted(), outcomes, pointOf),
  ].join('\n')
}

function pointOf({ attack }: Outcome): string {
  return placeOf(attack.passing)
}

function rows(
  names: readonly string[],
  outcomes: readonly Outcome[],
  nameOf: (outcome: Outcome) => string,
): string[] {
  const width = Math.max(...names.map((name) => name.length))
  return names.map(
    (name) => `  ${name.padEnd(width)}  ${cell(outcomes.filter((outcome) => nameOf(outcome) === name))}`,
  )
}

function cell(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '–'
  const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0).length
  if (wrong > 0) return `${wrong} WRONG`
  const killed = outcomes.filter((outcome) => outcome.killed).length
  return killed === 0 ? 'not passed' : `ok ×${killed}`
}

const MOMENTS = ['undo-stored', 'undo-sent', 'undo-answered']

/** For each step that can be undone: how many hosts died at each moment of its undo. */
export function compensations(
  outcomes: readonly Outcome[],
): { readonly step: string; readonly moments: Record<string, number> }[] {
  const kills = outcomes.filter(({ killed, attack }) => killed && attack.victim === 'host')
  const steps = sagas.flatMap((saga) => saga.steps).filter(({ undo }) => undo !== undefined)
  return [...new Set(steps.map(({ name }) => name))].map((step) => ({
    step,
    moments: Object.fromEntries(
      MOMENTS.map((moment) => [
        moment,
        kills.filter(({ attack }) => attack.passing.point === `saga.${step}.${moment}`).length,
      ]),
    ),
  }))
}
