import type { Field } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import type { Dice } from '../drill/random.ts'

/** One way to do the shop harm, with one goal. It acts through public doors and by what may befall its processes. */
export interface Attack {
  /** What the attacker wants, such as 'sell what is not there'. */
  readonly goal: string
  /** How it goes about it, in one sentence. */
  readonly how: string
  /** The control: a planted bug under which this very attack must succeed. */
  readonly control: string
  /** Attacks until it is through. @returns what was compared afterwards; anything wrong there is a success of the attacker. */
  run(scene: Scene): Promise<readonly Finding[]>
}

export interface Scene {
  readonly field: Field
  readonly dice: Dice
  /** Part of each key, so that nothing of a former run answers. */
  readonly run: string
  /** How much of it: 1 is the full size, tests take less. */
  readonly scale: number
}
