import type { Dice } from '../random.ts'
import type { Attack } from './attack.ts'
import { placeOf, type Passing } from './passing.ts'
import { ORDER_PATHS, type OrderPath } from './paths.ts'
import type { Scene } from './scene.ts'

/** How many orders are watched for each path: several pages of events may be one, or one several. */
const RECORDINGS = 2
const LONGEST_DELAY_MS = 6
/** Recovery passes about so many points. */
const POINTS_OF_RECOVERY = 16

export interface PlanOptions {
  readonly dice: Dice
  /** Only attacks whose description contains this. */
  readonly only: string | undefined
  /** Whether the host that recovers dies as well. */
  readonly twice: boolean
}

/** Sends orders along each path and writes down every moment that they pass. */
export async function planAttacks(scene: Scene, { dice, only = '', twice }: PlanOptions): Promise<Attack[]> {
  const plan: Attack[] = []
  for (const path of ORDER_PATHS) {
    for (const passing of await passingsOf(scene, path)) {
      const delayMs = dice.between(0, LONGEST_DELAY_MS)
      const again = twice ? dice.between(1, POINTS_OF_RECOVERY) : undefined
      if (`${path.name} ${placeOf(passing)}`.includes(only)) plan.push({ path, passing, delayMs, again })
    }
  }
  return plan
}

async function passingsOf(scene: Scene, path: OrderPath): Promise<Passing[]> {
  const passings = new Map<string, Passing>()
  for (let recording = 0; recording < RECORDINGS; recording++) {
    await scene.tell({ is: 'watch', delayMs: 0 })
    await scene.place(path)
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

function kindOf({ passing: { point } }: Attack): string {
  return point.includes('.undo-') ? 'undo' : point.replace(/\..*/, '')
}

function shuffled<TItem>(items: readonly TItem[], dice: Dice): TItem[] {
  const left = [...items]
  return items.flatMap(() => left.splice(dice.between(0, left.length - 1), 1))
}
