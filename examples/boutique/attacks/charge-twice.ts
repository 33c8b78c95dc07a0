import { DEMO_PRODUCTS } from '../demo/products.ts'
import { accepted, lostTo, WithId } from '../drill/answers.ts'
import { placeOrders, signUpCustomers, type Market } from '../drill/customers.ts'
import type { Field } from '../drill/field.ts'
import { noPromises } from '../drill/promises.ts'
import { lookAfterwards } from './afterwards.ts'
import type { Attack, Scene } from './attack.ts'
import { openLossyWay } from './lossy-way.ts'
import { inTurn, processorStandsStill, type Mishap } from './mishaps.ts'

const ORDERS = 3_000
const CUSTOMERS = 3
const AT_ONCE = 16
const ROUNDS = 20
const OTHER_AMOUNTS = 0.1

/** Nobody knows any more whether the card was charged, in every way that this can come to be. */
export const chargeTwice: Attack = {
  goal: 'charge twice',
  how: `${ORDERS.toLocaleString('en')} orders while requests to the card processor arrive twice, late or never and its answers are lost; it is killed and stands still, hosts die between intent and settlement, and keys come again with other amounts`,
  control: 'charges-anew',
  async run(scene) {
    const { field, dice, run, scale } = scene
    const market: Market = { shop: field.shop, run, dice, promises: noPromises() }
    const tokens = await signUpCustomers(field.shop, run, CUSTOMERS)
    const orders = Math.ceil(ORDERS * scale)
    const skus = DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku)
    const over = new AbortController()
    let placed = 0
    await using way = await openLossyWay(field.providerUrl, dice)
    const hosts = hostsBy(field, way.url)
    await hosts.killed()
    way.befall(true)
    const ordering = Promise.all([
      placeOrders(market, { tokens, skus, orders, atOnce: AT_ONCE, onPlaced: () => placed++ }),
      orderOtherAmounts(market, tokens, skus, Math.ceil(orders * OTHER_AMOUNTS)),
    ]).finally(() => over.abort())
    const mishaps = inTurn(mishapsOf(scene, hosts), {
      progress: () => placed / orders,
      signal: over.signal,
    })
    await Promise.all([ordering, mishaps])
    way.befall(false)
    const told = [...way.fates].map(([fate, count]) => `${count} ${fate}`).join(', ')
    console.log(`  requests to the card processor: ${told}`)
    return await lookAfterwards(field, { promises: market.promises, imported: [] })
  },
}

/** The same key, twice at once, with two amounts: one of them is the order, and the other is refused. */
async function orderOtherAmounts(
  { shop, run, dice, promises }: Market,
  tokens: readonly string[],
  skus: readonly string[],
  count: number,
): Promise<void> {
  for (let number = 0; number < count; number++) {
    const key = `${run}-other-amount-${number}`
    const token = tokens[number % tokens.length] ?? ''
    const sku = dice.pick(skus)
    const answers = await Promise.all(
      [1, 3].map((quantity) =>
        shop.send('/orders', { lines: [{ sku, quantity }], payment: { token: 'tok_ok' } }, { key, token }),
      ),
    )
    for (const answer of answers) {
      if (lostTo(answer, ['ARC_KEY_REUSED'])) continue
      promises.orders.push({ id: accepted(answer, 'an order', WithId).id, key })
    }
  }
}

interface Hosts {
  /** By SIGKILL, whenever it is. */
  killed(): Promise<void>
  /** At a moment of an activity; it may be that this moment doesn't come. */
  killedAt(point: string, nth: number): Promise<void>
}

/** Hosts that reach the card processor by this way. */
function hostsBy({ victims }: Field, url: string): Hosts {
  const start = () => victims.start({ DRILL_PROVIDER_URL: url, DRILL_CRASH_POINTS: 'when told' })
  async function killed(): Promise<void> {
    await victims.host.end('SIGKILL')
    await start()
  }
  return {
    killed,
    async killedAt(operation, nth) {
      const { host } = victims
      const [activity, moment] = operation.split(' ')
      const crashAt = { point: `activity.${activity}.${moment}`, subject: `payments.${activity}`, nth }
      await host.ask({ is: 'watch', crashAt, delayMs: 0 })
      const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref())
      await Promise.race([host.gone, late])
      await killed()
    },
  }
}

/** For a moment to come. */
const PATIENCE_MS = 5_000
const MOMENTS = ['intending', 'intended', 'effect-sent', 'effect-known', 'settling', 'claimed']

function mishapsOf({ field, dice, scale }: Scene, hosts: Hosts): Mishap[] {
  const { victims } = field
  function hostDies(): Mishap {
    const at = `${dice.pick(['authorise', 'capture'])} ${dice.pick(MOMENTS)}`
    return { what: `the host dies: ${at}`, happen: () => hosts.killedAt(at, dice.between(1, 4)) }
  }
  const kinds: readonly (() => Mishap)[] = [
    hostDies,
    () => ({ what: 'the card processor is killed', happen: () => victims.killProcessor() }),
    hostDies,
    () => processorStandsStill(field, dice.between(500, 5_000)),
  ]
  return Array.from({ length: Math.max(1, Math.round(ROUNDS * scale)) }, () =>
    kinds.map((make) => make()),
  ).flat()
}
