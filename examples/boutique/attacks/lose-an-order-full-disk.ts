import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../demo/products.ts'
import { placeOrders, signUpCustomers, type Market } from '../drill/customers.ts'
import type { Finding } from '../drill/finding.ts'
import { noPromises } from '../drill/promises.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { lookAfterwards } from './afterwards.ts'
import type { Attack, Scene } from './attack.ts'
import { inTurn, type Mishap } from './mishaps.ts'
import { fill, groundOfItsOwn } from './own-disk.ts'

const ORDERS = 3_000
const CUSTOMERS = 3
const AT_ONCE = 16
const FILLED = 12
const LEAST_FILLED = 2
const FULL_MS = { least: 3_000, most: 9_000 }
/** Some segments of the write-ahead log are there before they are needed: this uses them up. */
const USE_UP_LOG = `select pg_logical_emit_message(true, 'attack', repeat('x', 20000000))`
const SEGMENTS = 6

const Problem = z.object({ code: z.string() })

/** The disk is full, again and again, while customers order. */
export const loseAnOrderToAFullDisk: Attack = {
  goal: 'lose an order',
  how: `${ORDERS.toLocaleString('en')} orders on a disk that is filled to the last byte and emptied again, ${FILLED} times`,
  control: 'answers-from-memory',
  prepare: groundOfItsOwn,
  async run(scene) {
    const { field, dice, run, scale } = scene
    const market: Market = { shop: field.shop, run, dice, promises: noPromises() }
    const tokens = await signUpCustomers(field.shop, run, CUSTOMERS)
    const orders = Math.ceil(ORDERS * scale)
    const over = new AbortController()
    const refusals = new Map<string, number>()
    let placed = 0
    const ordering = placeOrders(market, {
      tokens,
      skus: DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku),
      orders,
      atOnce: AT_ONCE,
      // An order that is gone can't be called off: it is looked for in the end.
      calledOff: 0,
      onPlaced: () => placed++,
    }).finally(() => over.abort())
    const mishaps = inTurn(mishapsOf(scene, tokens[0] ?? '', refusals), {
      progress: () => placed / orders,
      signal: over.signal,
    })
    await Promise.all([ordering, mishaps])
    return [
      refusedCleanly(refusals),
      ...(await lookAfterwards(field, { promises: market.promises, imported: [] })),
    ]
  },
}

function mishapsOf({ field, ground, dice, scale }: Scene, token: string, refusals: Map<string, number>) {
  /** Without room for its log the server ends itself, as it must: nobody has to know that. */
  async function useUpLog(): Promise<void> {
    const database = await openShopDatabase(field.dataFolder)
    try {
      for (let segment = 0; segment < SEGMENTS; segment++) await database.query(USE_UP_LOG)
    } catch {
      // There is no room left.
    } finally {
      await database.end()
    }
  }

  return Array.from({ length: Math.max(LEAST_FILLED, Math.round(FILLED * scale)) }, (): Mishap => {
    const ms = dice.between(FULL_MS.least, FULL_MS.most)
    return {
      what: `the disk is full for ${ms} ms`,
      async happen() {
        if (!ground) throw new Error('this attack needs a disk of its own')
        const makeRoom = await fill(ground)
        const until = performance.now() + ms
        for (let turn = 0; performance.now() < until; turn++) {
          // First the tables can't grow, then the log can't either.
          if (turn === 1) await useUpLog()
          const answer = await answerTo(field.origin, token)
          refusals.set(answer, (refusals.get(answer) ?? 0) + 1)
          await sleep(100)
        }
        await makeRoom()
      },
    }
  })
}

/** What somebody hears who orders while the disk is full: such as `503 ARC_DATABASE_UNAVAILABLE`. */
async function answerTo(origin: string, token: string): Promise<string> {
  const response = await fetch(`${origin}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    // Nobody issues this card: it is no order that anybody waits for.
    body: JSON.stringify({ lines: [{ sku: 'NO-SUCH-THING', quantity: 1 }], payment: { token: 'tok_ok' } }),
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined)
  if (!response) return 'no answer'
  const problem = Problem.safeParse(await response.json().catch(() => undefined))
  return `${response.status} ${problem.success ? problem.data.code : 'without a code'}`
}

/** Refused for what it is, taken all the same, or asked to come again: never an answer that says nothing. */
function refusedCleanly(refusals: ReadonlyMap<string, number>): Finding {
  const all = [...refusals].map(([answer, count]) => `${count} × ${answer}`)
  console.log(`  while the disk was full: ${all.join(', ')}`)
  return {
    what: 'while the disk is full the shop says so, or takes no notice',
    checked: refusals.values().reduce((sum, count) => sum + count, 0),
    wrong: all.filter((answer) => /no answer|without a code|ARC_INTERNAL/.test(answer)),
    sort: 'unbalanced',
  }
}
