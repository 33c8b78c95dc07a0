import { join } from 'node:path'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../demo/products.ts'
import { accepted } from './answers.ts'
import { placeOrders, signUpCustomers, wantFewLetters, type Market } from './customers.ts'
import type { Field } from './field.ts'
import { startImporting, type Imported } from './importing.ts'
import { killInTurn } from './kills.ts'
import { noPromises, type Promises } from './promises.ts'
import { createDice } from './random.ts'
import { createReturning } from './returning.ts'
import { runMerchandiser, runSupport, runWarehouse, signInAs, type Shift } from './staff.ts'
import { makeTradeFile, readTradeFile, type TradeFile } from './trade-file.ts'

export interface DayPlan {
  readonly kills: number
  readonly orders: number
  readonly seed: number
  /** A trade file to import; undefined: made-up ones, as long as customers order. */
  readonly trade: string | undefined
}

export interface Day {
  readonly promises: Promises
  readonly imported: readonly Imported[]
}

const CUSTOMERS = 8
const AT_ONCE = 16
const INVOICES_OF_A_FILE = 40
const FIRST_INVOICE = 800_000
const Me = z.object({ id: z.string() })

/**
 * A day in the shop: customers order, call orders off and send goods back; the staff sends, decides and counts; a trader's
 * invoices come in; and meanwhile one after the other dies.
 */
export async function liveThrough(
  { kills, orders, seed, trade }: DayPlan,
  { victims, shop, dataFolder, origin }: Field,
): Promise<Day> {
  const [run, dice, promises] = [seed.toString(36), createDice(seed), noPromises()]
  const market: Market = { shop, run, dice, promises }
  const skus = DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku)
  const tokens = await signUpCustomers(shop, run, CUSTOMERS)
  await wantFewLetters(shop, run, tokens[0] ?? '')
  const customers = await Promise.all(
    tokens.map(async (token) => accepted(await shop.get('/users/me', token), 'somebody', Me).id),
  )
  const [warehouse = '', support = '', merchandiser = ''] = await Promise.all(
    ['warehouse', 'support', 'merchandiser'].map((role) => signInAs(shop, dataFolder, role)),
  )

  let [placed, ordered] = [0, false]
  const closing = new AbortController()
  const importing = startImporting({ origin, dataFolder, files: filesOf(trade) })
  const shift: Shift = { ...market, isOver: () => closing.signal.aborted }
  const returning = createReturning(market)
  const staff = Promise.all([
    runWarehouse(shift, warehouse, returning.dispatched),
    runSupport(shift, support, customers),
    runMerchandiser(shift, merchandiser, skus),
  ])
  const killing = killInTurn({
    kills,
    victims,
    importing,
    dice: createDice(seed + 1),
    progress: () => placed / orders,
    signal: closing.signal,
  })

  /** Made up one after the other until there are no more orders, so that there is always somebody to kill. */
  function filesOf(path: string | undefined): () => Promise<TradeFile | undefined> {
    const tradeDice = createDice(seed + 2)
    let files = 0
    return async () => {
      const number = files++
      if (path !== undefined) return number === 0 ? readTradeFile(path) : undefined
      if (ordered) return undefined
      const first = FIRST_INVOICE + number * INVOICES_OF_A_FILE
      const made = { dice: tradeDice, first, count: INVOICES_OF_A_FILE }
      return makeTradeFile(join(dataFolder, `trade-${number}.csv`), made)
    }
  }

  async function customersDay(): Promise<void> {
    await placeOrders(market, {
      tokens,
      skus,
      orders,
      atOnce: AT_ONCE,
      onPlaced(order) {
        placed++
        returning.knows(order)
      },
    })
    ordered = true
    await returning.done()
  }

  const work = Promise.all([importing.ended, customersDay(), killing]).finally(() => closing.abort())
  try {
    const [[imported]] = await Promise.all([work, staff])
    return { promises, imported }
  } finally {
    closing.abort()
    importing.stop()
  }
}
