import type { Examined, State } from './examine.ts'
import { STATES } from './examine.ts'
import type { SeenPlan } from './plan.ts'

/** One statement at one size, as one state of the host ran it. */
interface Runs {
  readonly orders: number
  readonly state: State
  readonly count: number
  /** The shapes of its plans, the most frequent one first. */
  readonly shapes: readonly string[]
  readonly pages: number
  /** Of a run that had little to do: how much comes together in one run is a matter of the moment. */
  readonly leastPages: number
  readonly descents: number
}

/** A statement in all circumstances. */
export interface Compared {
  readonly asker: string
  readonly text: string
  readonly runs: readonly Runs[]
  /** Shapes that are the usual one somewhere. */
  readonly shapes: readonly string[]
  /** The largest number of pages over the smallest one. */
  readonly growth: number
  readonly verdict: 'same' | 'other plan' | 'one level more' | 'over'
}

/** Once might be chance. */
const OFTEN_ENOUGH = 3
const MOST_GROWTH = 1.2
/** A statement that looks at so few pages looks at none that depends on how many orders there are. */
const FEW_PAGES = 2

/** What was run often enough in at least two circumstances, the ones that grew first. */
export function compare(examined: readonly Examined[]): Compared[] {
  const byStatement = new Map<string, Runs[]>()
  for (const { orders, plans } of examined) {
    for (const state of STATES) {
      for (const [key, runs] of Map.groupBy(
        (plans.get(state) ?? []).filter(({ calls }) => !calls),
        ({ asker, text }) => `${asker}\n${text}`,
      )) {
        if (runs.length < OFTEN_ENOUGH) continue
        byStatement.set(key, [...(byStatement.get(key) ?? []), runsOf(orders, state, runs)])
      }
    }
  }
  return [...byStatement]
    .filter(([, runs]) => new Set(runs.map(({ orders }) => orders)).size === examined.length)
    .map(([key, runs]) => judged(key, runs))
    .toSorted((one, other) => other.growth - one.growth)
}

function runsOf(orders: number, state: State, plans: readonly SeenPlan[]): Runs {
  const shapes = [...Map.groupBy(plans, ({ shape }) => shape)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  )
  return {
    orders,
    state,
    count: plans.length,
    shapes: shapes.map(([shape]) => shape),
    pages: part(
      plans.map(({ pages }) => pages),
      0.5,
    ),
    leastPages: part(
      plans.map(({ pages }) => pages),
      0.25,
    ),
    descents: part(
      plans.map(({ descents }) => descents),
      0.5,
    ),
  }
}

function judged(key: string, runs: readonly Runs[]): Compared {
  const [asker = '', text = ''] = key.split('\n')
  const middle = growthOf(runs.map(({ pages }) => pages))
  const least = growthOf(runs.map(({ leastPages }) => leastPages))
  const shapes = [...new Set(runs.map((run) => run.shapes[0] ?? ''))]
  const levels = Math.max(FEW_PAGES, ...runs.map((run) => run.descents))
  const [growth, more] =
    middle.growth < least.growth ? [middle.growth, middle.more] : [least.growth, least.more]
  return { asker, text, runs, shapes, growth, verdict: verdictOf(growth, more, levels, shapes) }
}

function growthOf(pages: readonly number[]): { growth: number; more: number } {
  const [least, most] = [Math.max(FEW_PAGES, Math.min(...pages)), Math.max(FEW_PAGES, ...pages)]
  return { growth: most / least, more: most - least }
}

function verdictOf(
  growth: number,
  more: number,
  levels: number,
  shapes: readonly string[],
): Compared['verdict'] {
  if (growth > MOST_GROWTH) return more <= levels ? 'one level more' : 'over'
  return shapes.length > 1 ? 'other plan' : 'same'
}

/** The value that this part of them doesn't reach. */
function part(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}
