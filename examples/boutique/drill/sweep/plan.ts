import type { Dice } from '../random.ts'
import type { Attack } from './attack.ts'
import { placeOf, type Passing } from './passing.ts'
import { ORDER_PATHS, type OrderPath } from './paths.ts'
import type { Scene } from './scene.ts'

/** How many orders are watched for each path: several pages of events may be one, or one several. */
const RECORDINGS = 2
const LONGEST_DELAY_MS = 6
/** Recovery passes about so many points. */
const POINTS_OF_RECOVERY = 8

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

/** `count` of them, drawn without repetition. */
export function drawFrom<TItem>(items: readonly TItem[], count: number, dice: Dice): TItem[] {
  const left = [...items]
  const drawn: TItem[] = []
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(dice.between(0, left.length - 1), 1))
  return drawn
}
