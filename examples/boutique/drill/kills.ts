import { setTimeout as sleep } from 'node:timers/promises'
import type { Importing } from './importing.ts'
import type { Dice } from './random.ts'
import type { Victims } from './victims.ts'

const NAMES = ['host', 'importer', 'PostgreSQL', 'processor'] as const

/** Each time a share of the work is done, and at a random moment within it, the next one dies. */
export async function killInTurn(attack: {
  readonly kills: number
  readonly victims: Victims
  readonly importing: Importing
  readonly dice: Dice
  /** From 0 to 1. */
  readonly progress: () => number
  /** Nobody else dies. */
  readonly signal: AbortSignal
}): Promise<void> {
  const { kills, victims, importing, dice, progress, signal } = attack
  const deaths = {
    host: victims.killHost,
    importer: importing.kill,
    PostgreSQL: victims.killDatabase,
    processor: victims.killProcessor,
  }
  const began = performance.now()
  for (let kill = 0; kill < kills; kill++) {
    while (progress() < (kill + 0.5) / (kills + 1)) {
      if (signal.aborted) return
      await sleep(5)
    }
    await sleep(dice.between(0, 150))
    const victim = NAMES[kill % NAMES.length] ?? 'host'
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    console.log(
      `  kill ${kill + 1}: ${victim}, after ${seconds} s, when ${Math.round(progress() * 100)} % of the orders were placed`,
    )
    await deaths[victim]()
  }
}
