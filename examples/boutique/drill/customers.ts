import { z } from 'zod'
import type { Dice } from './random.ts'
import type { ShopClient } from './shop-client.ts'

/** An order that the shop accepted: from here on it must not be lost, doubled or left half done. */
export interface AcceptedOrder {
  readonly id: string
  readonly key: string
}

const Session = z.object({ token: z.string() })
const Accepted = z.object({ id: z.string() })

/** Cards that behave in every way the processor knows; most of them well. */
const TOKENS = [
  ...Array<string>(14).fill('tok_ok'),
  'tok_declined',
  'tok_insufficient',
  'tok_slow',
  'tok_lost',
  'tok_flaky',
  'tok_capture_declined',
  'tok_capture_slow',
  'tok_capture_lost',
]

export async function signUpCustomers(shop: ShopClient, run: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const account = {
        email: `customer-${index}-${run}@drill.example`,
        password: `drill-password-${run}-${index}`,
      }
      const registered = await shop.send(
        '/users',
        { ...account, name: `Customer ${index}` },
        { key: `${run}-register-${index}` },
      )
      if (registered.status !== 201)
        throw new Error(`registering was answered ${registered.status}: ${JSON.stringify(registered.body)}`)
      const session = await shop.send('/sessions', account, { key: `${run}-sign-in-${index}` })
      return Session.parse(session.body).token
    }),
  )
}

/**
 * Places orders, several at once, each until it has an answer; now and then one is sent twice at the same moment.
 * @returns what the shop accepted.
 */
export async function placeOrders(
  shop: ShopClient,
  options: {
    run: string
    tokens: readonly string[]
    skus: readonly string[]
    orders: number
    atOnce: number
    dice: Dice
    onPlaced: () => void
  },
): Promise<AcceptedOrder[]> {
  const accepted: AcceptedOrder[] = []
  let next = 0
  async function oneByOne(): Promise<void> {
    while (next < options.orders) {
      const number = next++
      const order = randomOrder(options.dice, options.skus)
      const key = `${options.run}-order-${number}`
      // One customer for one order, so that a repeat comes from the same person.
      const token = options.tokens[number % options.tokens.length] ?? ''
      const sending = () => shop.send('/orders', order, { key, token })
      const answers = await Promise.all(options.dice.next() < 0.1 ? [sending(), sending()] : [sending()])
      for (const answer of answers)
        if (answer.status !== 202)
          throw new Error(`an order was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      const ids = new Set(answers.map((answer) => Accepted.parse(answer.body).id))
      for (const id of ids) accepted.push({ id, key })
      options.onPlaced()
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, oneByOne))
  return accepted
}

function randomOrder(dice: Dice, skus: readonly string[]) {
  const lines = Array.from({ length: dice.between(1, 4) }, () => ({
    sku: dice.pick(skus),
    quantity: dice.between(1, 3),
  }))
  return { lines, payment: { token: dice.pick(TOKENS) } }
}
