import { onField, type Field } from '../field.ts'
import { createDice } from '../random.ts'
import { report } from '../report.ts'
import { openMailboxDatabase, openShopDatabase } from '../shop-database.ts'
import { attack, describe, type Attack, type Outcome } from './attack.ts'
import { gatherPeople } from './people.ts'
import { drawFrom, planAttacks } from './plan.ts'
import { ARMED, createScene, VICTIMS, type Scene, type Victim } from './scene.ts'
import { compensations, table } from './table.ts'

export interface SweepDrill {
  readonly seed: number
  /** Only attacks whose path, subject and point contain this. */
  readonly only: string | undefined
  /** So many attacks, drawn by the seed; undefined: all. */
  readonly sample: number | undefined
  /** Whether the host that recovers from the first kill dies too. */
  readonly twice: boolean
  /** Who dies at every moment; undefined: the host, and at some moments PostgreSQL or the card processor as well. */
  readonly victim: Victim | undefined
  readonly sabotage: string | undefined
}

/**
 * Kills the host at every moment of an order's life, on every path that an order can go: how it is placed, called off,
 * sent and sent back, and what its customer is told.
 * @returns whether every order ended as it must and all books agree.
 */
export async function runSweepDrill(drill: SweepDrill): Promise<boolean> {
  const { seed, only, sample, twice, sabotage } = drill
  console.log(
    `crash sweep: ${sample ?? 'all'} attacks${only === undefined ? '' : ` at '${only}'`}${twice ? ', each host that recovers dies too' : ''}, seed ${seed}${sabotage ? `, planted bug: ${sabotage}` : ''}`,
  )
  return onField({ ...ARMED, DRILL_SABOTAGE: sabotage ?? '' }, (field) => sweep(drill, field))
}

async function sweep({ seed, only, sample, twice, victim }: SweepDrill, field: Field): Promise<boolean> {
  const began = performance.now()
  const dice = createDice(seed)
  const run = seed.toString(36)
  const [database, mailbox] = [
    await openShopDatabase(field.dataFolder),
    await openMailboxDatabase(field.dataFolder),
  ]
  try {
    const people = await gatherPeople(field, run)
    const scene = createScene({ field, database, mailbox, people, run })
    // One look at each path is enough to draw from.
    const recordings = sample === undefined ? 2 : 1
    const plan = await planAttacks(scene, { dice, only, twice, victim, recordings })
    const chosen = sample === undefined ? plan : drawFrom(plan, sample, dice)
    console.log(`  ${plan.length} moments in ${seconds(performance.now() - began)}; ${chosen.length} attacks`)
    const outcomes = await attackAll(scene, chosen)
    const findings = await scene.audit()
    const recoveryMs = Math.max(...outcomes.map((outcome) => outcome.recoveryMs))
    const placedMs = performance.now() - began
    const facts = {
      accepted: outcomes.length,
      repeats: field.shop.repeats,
      placedMs,
      recoveryMs,
      unfinished: [],
    }
    const agrees = report(findings, facts)
    const isWhole = sample === undefined && only === undefined && (victim ?? 'host') === 'host'
    const isCovered = summarise(outcomes, isWhole)
    return agrees && (isCovered || !isWhole) && outcomes.every(({ wrong }) => wrong.length === 0)
  } finally {
    await Promise.all([database.end(), mailbox.end()])
  }
}

/** A moment that didn't come is waited for once more. */
async function attackAll(scene: Scene, attacks: readonly Attack[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const plan of attacks) {
    const first = await attack(scene, plan)
    const outcome = first.killed || first.wrong.length > 0 ? first : await attack(scene, plan)
    outcomes.push(outcome)
    for (const sentence of outcome.wrong) console.log(`  WRONG after ${describe(plan)}: ${sentence}`)
    if (outcomes.length % 50 === 0) console.log(`  ${outcomes.length} of ${attacks.length}`)
  }
  return outcomes
}

/** @returns whether a host died at each moment of each undo, which a whole sweep has to show. */
function summarise(outcomes: readonly Outcome[], isWhole: boolean): boolean {
  const count = (what: (outcome: Outcome) => boolean) => outcomes.filter(what).length
  console.log(`\n${table(outcomes)}\n`)
  const undone = compensations(outcomes)
  for (const { step, moments } of undone) {
    const text = Object.entries(moments).map(
      ([moment, kills]) => `${moment} ${kills > 0 ? `×${kills}` : isWhole ? 'MISSING' : '–'}`,
    )
    console.log(`  undo of ${step}: ${text.join(', ')}`)
  }
  console.log(`
  attacks ${outcomes.length}   killed ${VICTIMS.map((victim) => `${victim} ${count(({ killed, attack: { victim: who } }) => killed && who === victim)}`).join(', ')}   killed again in recovery ${count(({ killedAgain }) => killedAgain)}   not passed ${count(({ killed }) => !killed)}   wrong ${count(({ wrong }) => wrong.length > 0)}`)
  return undone.every(({ moments }) => Object.values(moments).every((kills) => kills > 0))
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
