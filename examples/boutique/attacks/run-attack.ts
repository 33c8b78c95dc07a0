import { onField } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import { createDice } from '../drill/random.ts'
import { ATTACKS } from './attacks.ts'

export interface AttackRun {
  readonly name: string
  readonly seed: number
  readonly scale: number
  /** Plants the bug of the attack's control. */
  readonly control: boolean
}

/** Runs an attack on a shop of its own. @returns whether the shop held. */
export async function runAttack({ name, seed, scale, control }: AttackRun): Promise<boolean> {
  const attack = ATTACKS[name]
  if (!attack) throw new Error(`There is no attack '${name}': it is ${Object.keys(ATTACKS).join(', ')}`)
  console.log(`attack: ${attack.goal}, seed ${seed}${control ? `, planted bug: ${attack.control}` : ''}`)
  console.log(`  ${attack.how}`)
  const began = performance.now()
  await using ground = await attack.prepare?.()
  const findings = await onField(
    { ...ground?.variables, DRILL_SABOTAGE: control ? attack.control : '' },
    (field) => attack.run({ field, ground, dice: createDice(seed), run: `${name}-${seed}`, scale }),
    ground?.folder,
  )
  const held = findings.every(({ wrong }) => wrong.length === 0)
  print(findings)
  console.log(
    `\n  ${held ? 'the shop held' : 'THE ATTACK SUCCEEDED'} (${((performance.now() - began) / 1000).toFixed(1)} s)`,
  )
  return held
}

function print(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ what }) => what.length))
  for (const { what, checked, wrong } of findings) {
    console.log(
      `  ${what.padEnd(width)}  ${String(checked).padStart(6)} checked  ${wrong.length === 0 ? 'ok' : `${wrong.length} WRONG`}`,
    )
    for (const sentence of wrong.slice(0, 5)) console.log(`      ${sentence}`)
  }
}
