import { setTimeout as sleep } from 'node:timers/promises'
import { accepted, lostTo, WithId } from './answers.ts'
import type { Market, PlacedOrder } from './customers.ts'

/** Customers who send goods back once these are on their way. */
export interface Returning {
  /** An order that was placed. */
  knows(order: PlacedOrder): void
  /** Its goods have left the house; the order itself hears of it a moment later. */
  dispatched(orderId: string): void
  /** Once all who wanted to have asked. */
  done(): Promise<void>
}

const SENDS_BACK = 0.4
const AGAIN = 0.5
const ASKED_TOO_EARLY = 'NOT_DISPATCHED'
const LOST = [ASKED_TOO_EARLY, 'MORE_THAN_BOUGHT']
const PATIENCE_MS = 60_000

export function createReturning(market: Market): Returning {
  const { dice } = market
  const orders = new Map<string, PlacedOrder>()
  const asking: Promise<void>[] = []

  async function sendBack(order: PlacedOrder): Promise<void> {
    for (let number = 1; number === 1 || dice.next() < AGAIN; number++) await ask(market, order, number)
  }

  return {
    knows: (order) => void orders.set(order.id, order),
    dispatched(orderId) {
      const order = orders.get(orderId)
      orders.delete(orderId)
      if (!order || dice.next() >= SENDS_BACK) return
      const one = sendBack(order)
      // It is awaited in the end; until then a failure must not end the drill by itself.
      one.catch(() => undefined)
      asking.push(one)
    },
    done: async () => void (await Promise.all(asking)),
  }
}

/** Some lines and pieces of an order; at times more than are left of it. */
async function ask(market: Market, { id, token, lines }: PlacedOrder, number: number): Promise<void> {
  const { shop, dice, promises } = market
  const wanted = lines
    .map((line, index) => ({ number: index + 1, quantity: dice.between(1, line.quantity) }))
    .filter(({ number: line }) => line === 1 || dice.next() < 0.5)
  const body = { lines: wanted, reason: 'It does not suit me' }
  const giveUpAt = performance.now() + PATIENCE_MS
  for (let tries = 1; performance.now() < giveUpAt; tries++) {
    // What was refused stays refused under its key: asking anew is another request.
    const key = `${id}-return-${number}-${tries}`
    const answer = await shop.send(`/orders/${id}/returns`, body, { key, token })
    const lost = lostTo(answer, LOST)
    if (lost === undefined) promises.returns.push({ id: accepted(answer, 'a return', WithId).id, key })
    if (lost !== ASKED_TOO_EARLY) return
    await sleep(100)
  }
  throw new Error(`order ${id} left the house and was not dispatched for ${PATIENCE_MS} ms`)
}
