import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { accepted, lostTo, WithId } from './answers.ts'
import type { Promises } from './promises.ts'
import type { Dice } from './random.ts'
import type { ShopClient } from './shop-client.ts'

/** Where customers and staff act, and what they are promised. */
export interface Market {
  readonly shop: ShopClient
  /** Part of each key. */
  readonly run: string
  readonly dice: Dice
  readonly promises: Promises
}

/** An order as the customer who placed it knows it. */
export interface PlacedOrder {
  readonly id: string
  /** The customer's. */
  readonly token: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

const Session = z.object({ token: z.string() })

/** Cards that behave in every way the processor knows; most of them well. */
const TOKENS = [
  ...Array<string>(16).fill('tok_ok'),
  'tok_declined',
  'tok_insufficient',
  'tok_slow',
  'tok_lost',
  'tok_flaky',
  'tok_capture_declined',
  'tok_capture_slow',
  'tok_capture_lost',
  'tok_refund_declined',
  'tok_refund_slow',
  'tok_refund_lost',
  'tok_refund_flaky',
]
const SENT_TWICE = 0.1
const CALLED_OFF = 0.2
/** Of those who call an order off. */
const PAID_FIRST = 0.5
const LOOK_EVERY_MS = 50
const ON_THE_WAY = ['placed', 'reserved', 'authorised', 'paid']
/** By then most orders are paid, and some have left the house. */
const LATEST_SECOND_THOUGHT_MS = 1_500
const TOO_LATE = ['ALREADY_DISPATCHED', 'ORDER_ENDED']

/** One after the other: passwords are hashed, which takes a processor its time. @returns their tokens. */
export async function signUpCustomers(shop: ShopClient, run: string, count: number): Promise<string[]> {
  const tokens: string[] = []
  for (let index = 0; index < count; index++) {
    const account = {
      email: `customer-${index}-${run}@drill.example`,
      password: `drill-password-${run}-${index}`,
    }
    const registered = await shop.send(
      '/users',
      { ...account, name: `Customer ${index}` },
      { key: `${run}-register-${index}` },
    )
    accepted(registered, 'registering', z.unknown())
    const session = await shop.send('/sessions', account, { key: `${run}-sign-in-${index}` })
    tokens.push(accepted(session, 'signing in', Session).token)
  }
  return tokens
}

/** A customer who wants to hear only of what went wrong. */
export async function wantFewLetters(shop: ShopClient, run: string, token: string): Promise<void> {
  const unwanted = { orderReceived: false, orderPaid: false, orderDispatched: false }
  const preferences = { ...unwanted, orderRejected: true, orderRefunded: true }
  const sending = { key: `${run}-few-letters`, token, method: 'PUT' } as const
  accepted(await shop.send('/notifications/preferences', preferences, sending), 'a preference', z.unknown())
}

/**
 * Places orders, several at once, each until it has an answer; now and then one is sent twice at the same moment, and now
 * and then a customer calls the order off, at whatever moment.
 */
export async function placeOrders(
  market: Market,
  options: {
    readonly tokens: readonly string[]
    readonly skus: readonly string[]
    readonly orders: number
    readonly atOnce: number
    /** Which share of them is called off; one in five unless it is given. */
    readonly calledOff?: number
    readonly onPlaced: (order: PlacedOrder) => void
  },
): Promise<void> {
  const { shop, run, dice, promises } = market
  const { tokens, skus, orders, atOnce, calledOff = CALLED_OFF, onPlaced } = options
  const secondThoughts: Promise<void>[] = []
  let next = 0
  function thinkAgain(id: string, token: string): void {
    const one = callOff(market, id, token)
    // It is awaited in the end; until then a failure must not end the drill by itself.
    one.catch(() => undefined)
    secondThoughts.push(one)
  }
  async function oneByOne(): Promise<void> {
    while (next < orders) {
      const number = next++
      const order = randomOrder(dice, skus)
      const key = `${run}-order-${number}`
      // One customer for one order, so that a repeat comes from the same person.
      const token = tokens[number % tokens.length] ?? ''
      const sending = () => shop.send('/orders', order, { key, token })
      const answers = await Promise.all(dice.next() < SENT_TWICE ? [sending(), sending()] : [sending()])
      const [id = '', ...more] = new Set(answers.map((answer) => accepted(answer, 'an order', WithId).id))
      for (const one of [id, ...more]) promises.orders.push({ id: one, key })
      onPlaced({ id, token, lines: order.lines })
      if (dice.next() < calledOff) thinkAgain(id, token)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, oneByOne))
  await Promise.all(secondThoughts)
}

function randomOrder(dice: Dice, skus: readonly string[]) {
  const lines = Array.from({ length: dice.between(1, 4) }, () => ({
    sku: dice.pick(skus),
    quantity: dice.between(1, 3),
  }))
  return { lines, payment: { token: dice.pick(TOKENS) } }
}

/** At whatever moment, or just when it is paid: before the goods leave the house, if the warehouse isn't quicker. */
async function callOff(market: Market, order: string, token: string): Promise<void> {
  const { shop, dice, promises } = market
  if (dice.next() < PAID_FIRST) await untilPaid(market, order, token)
  else await sleep(dice.between(0, LATEST_SECOND_THOUGHT_MS))
  const key = `${order}-off`
  const answer = await shop.send(`/orders/${order}/cancellation`, undefined, { key, token })
  if (lostTo(answer, TOO_LATE)) return
  promises.cancellations.push({ id: accepted(answer, 'a cancellation', WithId).id, key })
}

const Seen = z.object({ status: z.string() })

async function untilPaid({ shop }: Market, order: string, token: string): Promise<void> {
  const seen = async () => accepted(await shop.get(`/orders/${order}`, token), 'an order', Seen).status
  while (ON_THE_WAY.includes(await seen())) await sleep(LOOK_EVERY_MS)
}
