import { setTimeout as sleep } from 'node:timers/promises'
import { compareBooks } from './books.ts'
import { placeOrders, signUpCustomers, type AcceptedOrder } from './customers.ts'
import { deliveryAddsUp, readDelivery } from './delivery.ts'
import { onField, type Field } from './field.ts'
import { readProviderBooks } from './provider-books.ts'
import { untilQuiet } from './quiet.ts'
import { createDice, type Dice } from './random.ts'
import { report } from './report.ts'
import { openShopDatabase } from './shop-database.ts'
import type { Victims } from './victims.ts'
import { DEMO_PRODUCTS } from '../demo/products.ts'

export interface KillDrill {
  readonly kills: number
  readonly orders: number
  readonly seed: number
  readonly sabotage: string | undefined
}

const CUSTOMERS = 8
const AT_ONCE = 24
const VICTIMS = ['host', 'PostgreSQL', 'processor'] as const

/** Runs the drill in a folder of its own. @returns whether the books agree. @throws what kept it from coming so far. */
export async function runKillDrill(drill: KillDrill): Promise<boolean> {
  const { kills, orders, seed, sabotage } = drill
  console.log(
    `kill drill: ${orders} orders, ${kills} kills, seed ${seed}${sabotage ? `, planted bug: ${sabotage}` : ''}`,
  )
  return onField({ DRILL_SABOTAGE: sabotage ?? '' }, (field) => attackAndCompare(drill, field))
}

async function attackAndCompare(drill: KillDrill, field: Field): Promise<boolean> {
  const began = performance.now()
  const accepted = await ordersUnderKills(drill, field)
  const placed = performance.now()
  const database = await openShopDatabase(field.dataFolder)
  try {
    const delivery = (recount: boolean) => readDelivery(field.operationsUrl, field.dataFolder, recount)
    const unfinished = await untilQuiet(database, () => delivery(false))
    const quiet = performance.now()
    const findings = [
      ...(await compareBooks(database, accepted, await readProviderBooks(field.providerUrl))),
      deliveryAddsUp(await delivery(true)),
    ]
    return report(findings, {
      accepted: accepted.length,
      repeats: field.shop.repeats,
      placedMs: placed - began,
      recoveryMs: quiet - placed,
      unfinished,
    })
  } finally {
    await database.end()
  }
}

/** Customers order; each time a share of the orders has been placed, and at a random moment within it, somebody dies. */
async function ordersUnderKills(
  { kills, orders, seed }: KillDrill,
  { victims, shop }: Field,
): Promise<AcceptedOrder[]> {
  const dice = createDice(seed)
  const run = seed.toString(36)
  const tokens = await signUpCustomers(shop, run, CUSTOMERS)
  let placed = 0
  const skus = DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku)
  const ordering = placeOrders(shop, {
    run,
    tokens,
    skus,
    orders,
    atOnce: AT_ONCE,
    dice,
    onPlaced: () => void placed++,
  })
  const killing = killInTurn({ kills, victims, dice: createDice(seed + 1), progress: () => placed / orders })
  const [accepted] = await Promise.all([ordering, killing])
  return accepted
}

async function killInTurn(attack: {
  kills: number
  victims: Victims
  dice: Dice
  progress: () => number
}): Promise<void> {
  const { kills, victims, dice, progress } = attack
  for (let kill = 0; kill < kills; kill++) {
    while (progress() < (kill + 0.5) / (kills + 1)) await sleep(5)
    await sleep(dice.between(0, 150))
    const victim = VICTIMS[kill % VICTIMS.length] ?? 'host'
    console.log(
      `  kill ${kill + 1}: ${victim}, when ${Math.round(progress() * 100)} % of the orders were placed`,
    )
    await { host: victims.killHost, PostgreSQL: victims.killDatabase, processor: victims.killProcessor }[
      victim
    ]()
  }
}
