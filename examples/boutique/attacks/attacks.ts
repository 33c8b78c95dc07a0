import type { Attack } from './attack.ts'
import { becomeOperator } from './become-operator.ts'
import { chargeTwice } from './charge-twice.ts'
import { disagree } from './disagree.ts'
import { loseAnOrder } from './lose-an-order.ts'
import { loseAnOrderToAFullDisk } from './lose-an-order-full-disk.ts'
import { needAPerson } from './need-a-person.ts'
import { oversell } from './oversell.ts'
import { readAnother } from './read-another.ts'
import { stopTheShop } from './stop-the-shop.ts'

/** Each by the name that `npm run attack` knows. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'become-operator': becomeOperator,
  'charge-twice': chargeTwice,
  disagree,
  'lose-an-order': loseAnOrder,
  'lose-an-order-full-disk': loseAnOrderToAFullDisk,
  'need-a-person': needAPerson,
  oversell,
  'read-another': readAnother,
  'stop-the-shop': stopTheShop,
}
