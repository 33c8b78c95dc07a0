import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { DEMO_PRODUCTS } from '../demo/products.ts'
import { placeOrders, signUpCustomers, type Market } from '../drill/customers.ts'
import { noPromises } from '../drill/promises.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { lookAfterwards } from './afterwards.ts'
import type { Attack, Scene } from './attack.ts'
import { backendsStandStill, databaseStandsStill, hostStandsStill, inTurn, type Mishap } from './mishaps.ts'
import { openStatementDoor, type StatementDoor } from './statement-door.ts'

const ORDERS = 10_000
const CUSTOMERS = 3
const AT_ONCE = 16
const ROUNDS = 12

/** Everything between a shop and its database breaks, at any moment, while customers order. */
export const loseAnOrder: Attack = {
  goal: 'lose an order',
  how: `${ORDERS.toLocaleString('en')} orders, one in ten sent twice, while connections end between any two statements and answers to COMMIT are lost; host, PostgreSQL and single backends are killed, told to end and stand still`,
  control: 'answers-from-memory',
  async run(scene) {
    const { field, dice, run, scale } = scene
    const market: Market = { shop: field.shop, run, dice, promises: noPromises() }
    const tokens = await signUpCustomers(field.shop, run, CUSTOMERS)
    const orders = Math.ceil(ORDERS * scale)
    const over = new AbortController()
    let placed = 0
    const database = await openShopDatabase(field.dataFolder)
    try {
      await using door = await openStatementDoor(field.dataFolder, dice)
      door.befall(true)
      const mishaps = inTurn(mishapsOf(scene, database, door), {
        progress: () => placed / orders,
        signal: over.signal,
      })
      const ordering = placeOrders(market, {
        tokens,
        skus: DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku),
        orders,
        atOnce: AT_ONCE,
        // An order that is gone can't be called off: it is looked for in the end.
        calledOff: 0,
        onPlaced: () => placed++,
      }).finally(() => over.abort())
      await Promise.all([ordering, mishaps])
      door.befall(false)
      report(door)
      return await lookAfterwards(field, { promises: market.promises, imported: [] })
    } finally {
      await database.end()
    }
  },
}

/** In this order, again and again. */
function mishapsOf({ field, dice, scale }: Scene, database: Pool, door: StatementDoor): Mishap[] {
  const { victims } = field
  const kinds: readonly (() => Mishap)[] = [
    () => hostStandsStill(field, dice.between(200, 2_000)),
    () => backendsStandStill(database, dice.between(1, 3), dice.between(200, 3_000)),
    () => ({ what: 'the host is killed', happen: () => victims.killHost() }),
    () => databaseStandsStill(field, dice.between(200, 2_000)),
    () => ({
      what: 'the host is told to end',
      async happen() {
        await victims.host.end('SIGTERM')
        await victims.start()
        await door.standHere()
      },
    }),
    () => ({
      what: 'PostgreSQL is killed',
      async happen() {
        await victims.killDatabase()
        await untilItAnswers(database)
        await door.standHere()
      },
    }),
  ]
  const rounds = Math.max(1, Math.round(ROUNDS * scale))
  return Array.from({ length: rounds }, () => kinds.map((make) => make())).flat()
}

/** The host brings it back. */
async function untilItAnswers(database: Pool): Promise<void> {
  for (;;) {
    const answer = await database.query('select 1').catch(() => undefined)
    if (answer) return
    await sleep(20)
  }
}

function report({ fates: { passed, unsent, unanswered, late }, kinds }: StatementDoor): void {
  console.log(
    `  statements: ${passed} passed, ${unsent} never arrived, ${unanswered} were never answered, ${late} came late; ${kinds} kinds of statement were hit`,
  )
}
