import type { Attack } from './attack.ts'
import { loseAnOrder } from './lose-an-order.ts'
import { oversell } from './oversell.ts'
import { readAnother } from './read-another.ts'

/** Each by the name that `npm run attack` knows. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'lose-an-order': loseAnOrder,
  oversell,
  'read-another': readAnother,
}
