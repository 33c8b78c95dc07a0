import { setTimeout as sleep } from 'node:timers/promises'
import { liveThrough } from '../drill/day.ts'
import { lookAfterwards } from './afterwards.ts'
import type { Attack, Scene } from './attack.ts'
import { renewing } from './renewing-shop.ts'
import { groundWithAClock, setClock } from './shifting-clock.ts'

const ORDERS = 5_000
const KILLS = 60
const MINUTE = 60
const HOUR = 60 * MINUTE
/** Before and after midnight, before and after the life of a token; all of it together not as long as keys live. */
const SHIFTS = [0, -11 * HOUR, 5 * HOUR, -40 * MINUTE, 11 * HOUR, 50 * MINUTE, -3 * HOUR]

/** A day of everything that moves money and goods, in which the clocks of the hosts jump and everybody dies in turn. */
export const disagree: Attack = {
  goal: 'make the books and the reports disagree',
  how: `${ORDERS.toLocaleString('en')} orders with cancellations, returns, credit notes, stock changes and imports, while ${KILLS} processes are killed and the clock of the host jumps forward and backward by hours`,
  control: 'tells-twice',
  prepare: groundWithAClock,
  async run(scene) {
    const { dice, scale } = scene
    const field = { ...scene.field, shop: renewing(scene.field.shop) }
    const over = new AbortController()
    const shifting = shiftClocks(scene, over.signal)
    const plan = {
      kills: Math.ceil(KILLS * scale),
      orders: Math.ceil(ORDERS * scale),
      seed: dice.between(0, 2 ** 31),
      trade: undefined,
    }
    const day = await liveThrough(plan, field).finally(() => over.abort())
    console.log(`  the clock of the host was set ${await shifting} times`)
    return lookAfterwards(field, day)
  },
}

/** @returns how often. The last setting stays. */
async function shiftClocks({ ground, dice }: Scene, signal: AbortSignal): Promise<number> {
  let times = 0
  while (!signal.aborted) {
    await setClock(ground, SHIFTS[times++ % SHIFTS.length] ?? 0)
    await sleep(dice.between(5_000, 10_000), undefined, { signal }).catch(() => undefined)
  }
  return times
}
