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
  /** Makes the ground that the shop is to stand on, where any ground isn't good enough. */
  prepare?(): Promise<Ground>
  /** Attacks until it is through. @returns what was compared afterwards; anything wrong there is a success of the attacker. */
  run(scene: Scene): Promise<readonly Finding[]>
}

/** What a shop is started on. Disposing it leaves nothing behind. */
export interface Ground extends AsyncDisposable {
  /** Where its data folder is made; without it the folder for temporary files. */
  readonly folder?: string
  /** Of the environment of each host. */
  readonly variables?: Readonly<Record<string, string>>
}

export interface Scene {
  readonly field: Field
  /** What {@link Attack.prepare} made. */
  readonly ground: Ground | undefined
  readonly dice: Dice
  /** Part of each key, so that nothing of a former run answers. */
  readonly run: string
  /** How much of it: 1 is the full size, tests take less. */
  readonly scale: number
}
