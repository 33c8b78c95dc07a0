import type { Attack } from './attack.ts'
import { becomeOperator } from './become-operator.ts'
import { chargeTwice } from './charge-twice.ts'
import { loseAnOrder } from './lose-an-order.ts'
import { oversell } from './oversell.ts'
import { readAnother } from './read-another.ts'
import { stopTheShop } from './stop-the-shop.ts'

/** Each by the name that `npm run attack` knows. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'become-operator': becomeOperator,
  'charge-twice': chargeTwice,
  'lose-an-order': loseAnOrder,
  oversell,
  'read-another': readAnother,
  'stop-the-shop': stopTheShop,
}
