import type { Attack } from './attack.ts'
import { oversell } from './oversell.ts'

/** Each by the name that `npm run attack` knows. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  oversell,
}
