import type { Dice } from '../random.ts'
import type { Attack } from './attack.ts'
import { placeOf, type Passing } from './passing.ts'
import { ORDER_PATHS, type OrderPath } from './paths.ts'
import type { Scene, Victim } from './scene.ts'

const LONGEST_DELAY_MS = 6
/** Recovery passes about so many points. */
const POINTS_OF_RECOVERY = 16
/** At one moment of so many PostgreSQL dies as well, in an attack of its own, and at another one the card processor. */
const ANOTHER_VICTIM = 20
const PATHS_OF_NEWS = 3

export interface PlanOptions {
  readonly dice: Dice
  /** Only attacks whose description contains this. */
  readonly only: string | undefined
  /** Whether the host that recovers dies as well. */
  readonly twice: boolean
  /** Who dies at every moment; undefined: the host, and now and then another one. */
  readonly victim: Victim | undefined
  /** How often each path is watched: several pages of events may be one, or one several. */
  readonly recordings: number
}

interface Moment {
  readonly path: OrderPath
  readonly passing: Passing
}

/** Walks each path and writes down every moment that is passed. */
export async function planAttacks(scene: Scene, options: PlanOptions): Promise<Attack[]> {
  const { dice, only = '', twice, recordings } = options
  const moments: Moment[] = []
  for (const path of ORDER_PATHS)
    for (const passing of await passingsOf(scene, path, recordings)) moments.push({ path, passing })
  const plan = withoutSameNews(moments, dice).flatMap(({ path, passing }) => {
    const delayMs = dice.between(0, LONGEST_DELAY_MS)
    const again = twice ? dice.between(1, POINTS_OF_RECOVERY) : undefined
    return victimsAt(options).map((victim) => ({ path, passing, victim, delayMs, again }))
  })
  return plan.filter(({ path, passing }) => `${path.name} ${placeOf(passing)}`.includes(only))
}

/**
 * Who carries news knows nothing of the path that it comes from, and asks for it again and again: most moments of a
 * sweep would be of such a page. So each moment of a subscription is kept for a few paths only, drawn by the seed.
 */
export function withoutSameNews<TMoment extends Moment>(moments: readonly TMoment[], dice: Dice): TMoment[] {
  const isNews = ({ passing: { point } }: TMoment) => point.startsWith('messaging.')
  const news = moments.filter((moment) => isNews(moment) && moment.passing.nth === 1)
  const places = [...Map.groupBy(news, ({ passing }) => placeOf(passing)).values()]
  const kept = new Set(places.flatMap((same) => shuffled(same, dice).slice(0, PATHS_OF_NEWS)))
  return moments.filter((moment) => !isNews(moment) || kept.has(moment))
}

function victimsAt({ dice, victim }: PlanOptions): Victim[] {
  const chance = dice.between(1, ANOTHER_VICTIM)
  if (victim !== undefined) return [victim]
  if (chance > 2) return ['host']
  return ['host', chance === 1 ? 'PostgreSQL' : 'processor']
}

async function passingsOf(scene: Scene, path: OrderPath, recordings: number): Promise<Passing[]> {
  const passings = new Map<string, Passing>()
  for (let recording = 0; recording < recordings; recording++) {
    const walk = await scene.begin(path)
    await scene.tell({ is: 'watch', delayMs: 0 })
    await scene.act(path, walk)
    await scene.quiet()
    for (const passing of await scene.tell({ is: 'tell' })) passings.set(JSON.stringify(passing), passing)
  }
  return [...passings.values()]
}

/** `count` of them without repetition: each kind of moment in turn, as there are many more of some than of others. */
export function drawFrom(plan: readonly Attack[], count: number, dice: Dice): Attack[] {
  const kinds = [...Map.groupBy(plan, kindOf).values()].map((attacks) => shuffled(attacks, dice))
  const inTurns = plan.flatMap((_, turn) => kinds.flatMap((attacks) => attacks.slice(turn, turn + 1)))
  return inTurns.slice(0, count)
}

function kindOf({ passing: { point }, victim }: Attack): string {
  if (victim !== 'host') return victim
  return point.includes('.undo-') ? 'undo' : point.replace(/\..*/, '')
}

function shuffled<TItem>(items: readonly TItem[], dice: Dice): TItem[] {
  const left = [...items]
  return items.flatMap(() => left.splice(dice.between(0, left.length - 1), 1))
}
