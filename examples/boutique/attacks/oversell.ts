import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { accepted, lostTo, WithId } from '../drill/answers.ts'
import { signUpCustomers } from '../drill/customers.ts'
import { readDelivery } from '../drill/delivery.ts'
import { findings, type Finding, type WholeDatabase } from '../drill/finding.ts'
import { untilQuiet } from '../drill/quiet.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { signInAs } from '../drill/staff.ts'
import type { Attack, Scene } from './attack.ts'

const ORDERS = 10_000
const PIECES = 10
const CUSTOMERS = 20
const AT_ONCE = 64
const SKU = 'LAST-TEN'

/** Everybody wants the last ten pieces at the same moment. */
export const oversell: Attack = {
  goal: "sell what isn't there",
  how: `${ORDERS.toLocaleString('en')} orders for one product of which there are ${PIECES} pieces, ${AT_ONCE} at a time, one in ten sent twice`,
  control: 'reserves-what-is-not-there',
  async run({ field, dice, run, scale }) {
    const { shop, dataFolder, operationsUrl } = field
    await offer({ field, run })
    const tokens = await signUpCustomers(shop, run, CUSTOMERS)
    const orders = Math.ceil(ORDERS * scale)
    let next = 0
    async function oneByOne(): Promise<void> {
      while (next < orders) {
        const number = next++
        const sending = { key: `${run}-${number}`, token: tokens[number % tokens.length] ?? '' }
        const order = { lines: [{ sku: SKU, quantity: 1 }], payment: { token: 'tok_ok' } }
        const sends = dice.next() < 0.1 ? 2 : 1
        const answers = await Promise.all(
          Array.from({ length: sends }, () => shop.send('/orders', order, sending)),
        )
        for (const answer of answers) accepted(answer, 'an order', WithId)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, oneByOne))
    const database = await openShopDatabase(dataFolder)
    try {
      const unfinished = await untilQuiet(database, () => readDelivery(operationsUrl, dataFolder, false))
      return [
        await soldAtMost(database, orders),
        {
          what: 'everything came to an end',
          checked: orders,
          wrong: unfinished,
          sort: 'unbalanced',
        },
      ]
    } finally {
      await database.end()
    }
  },
}

/** A new product, its pieces, and nothing else of it anywhere. */
async function offer({ field: { shop, dataFolder }, run }: Pick<Scene, 'field' | 'run'>): Promise<void> {
  const token = await signInAs(shop, dataFolder, 'merchandiser')
  const product = { sku: SKU, name: 'The last ten', price: { amount: 500, currency: 'GBP' } }
  accepted(await shop.send('/products', product, { key: `${run}-product`, token }), 'a product', z.unknown())
  const receipt = { quantity: PIECES, reference: `${run}-pieces` }
  for (let attempt = 1; ; attempt++) {
    const key = `${run}-pieces-${attempt}`
    const answer = await shop.send(`/stock/${SKU}/receipts`, receipt, { key, token })
    // The news of the product is still on its way to the warehouse.
    if (lostTo(answer, ['SKU_UNKNOWN']) === undefined) return void accepted(answer, 'pieces', z.unknown())
    await sleep(50)
  }
}

async function soldAtMost(database: WholeDatabase, orders: number): Promise<Finding> {
  return {
    what: `${PIECES} pieces were sold`,
    checked: orders,
    sort: 'doubled',
    wrong: await findings(
      database,
      `select 'the shop took money for ' || paid || ' pieces, inventory says ' || sold || ' were sold' as text
        from (select coalesce(sum(l.quantity), 0) as paid from orders.order_lines l join orders.orders o on o.id = l.order_id
          where l.sku = $1 and o.status in ('paid', 'completed', 'dispatched', 'delivered')) p,
          (select sold from inventory.stock where sku = $1) s
        where paid <> $2 or sold <> $2`,
      [SKU, PIECES],
    ),
  }
}
