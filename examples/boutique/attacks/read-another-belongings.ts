import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { accepted, lostTo, WithId } from '../drill/answers.ts'
import { signUpCustomers } from '../drill/customers.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { signInAs } from '../drill/staff.ts'
import type { Scene } from './attack.ts'
import { untilTrue } from './until-true.ts'

/** A customer with one of everything, and another one who is curious. */
export interface Household {
  readonly owner: string
  readonly stranger: string
  readonly ownerId: string
  readonly sku: string
  readonly ids: Readonly<
    Record<'order' | 'calledOff' | 'return' | 'shipment' | 'creditNote' | 'address' | 'method', string>
  >
  /** Texts that stand in the owner's things and nowhere else. */
  readonly secrets: readonly string[]
  /** The order as its owner sent it, with its key. */
  readonly sent: { readonly key: string; readonly body: object }
}

const STREET = '7 Canary Row'
const LABEL = 'canary card'
const Me = z.object({ id: z.string(), email: z.string() })
const Shipment = z.object({ id: z.string(), trackingNumber: z.string() })

async function inTime<TThing>(what: string, ask: () => Promise<TThing | undefined>): Promise<TThing> {
  const found = await untilTrue(ask)
  if (found === undefined) throw new Error(`${what} did not come about`)
  return found
}

export async function furnish({
  field: { shop, dataFolder },
  run,
}: Pick<Scene, 'field' | 'run'>): Promise<Household> {
  const [owner = '', stranger = ''] = await signUpCustomers(shop, run, 2)
  const { id: ownerId, email } = accepted(await shop.get('/users/me', owner), 'me', Me)
  const sku = await offer(shop, run, await signInAs(shop, dataFolder, 'merchandiser'))
  let number = 0
  const make = async (path: string, body: unknown, token = owner) =>
    accepted(await shop.send(path, body, { key: `${run}-make-${number++}`, token }), path, WithId).id
  const address = { name: 'C. Anary', street: STREET, city: 'York', postcode: 'Y1', country: 'France' }
  const ids = {
    address: await make('/users/me/addresses', address),
    method: await make('/users/me/payment-methods', {
      label: LABEL,
      brand: 'Visa',
      last4: '4242',
      token: 'tok_ok',
    }),
  }
  const order = {
    lines: [{ sku, quantity: 2 }],
    shipTo: { addressId: ids.address },
    payment: { methodId: ids.method },
  }
  const calledOff = await make('/orders', order)
  await make(`/orders/${calledOff}/cancellation`, {})
  const key = `${run}-order`
  const orderId = accepted(await shop.send('/orders', order, { key, token: owner }), 'an order', WithId).id
  const shipment = await inTime('a shipment', async () => {
    const answer = await shop.get(`/orders/${orderId}/shipment`, owner)
    return answer.status === 200 ? accepted(answer, 'a shipment', Shipment) : undefined
  })
  const [warehouse, support] = [
    await signInAs(shop, dataFolder, 'warehouse'),
    await signInAs(shop, dataFolder, 'support'),
  ]
  await make(`/shipments/${shipment.id}/dispatch`, {}, warehouse)
  const returned = await inTime('a return', async () => {
    const body = { lines: [{ number: 1, quantity: 1 }] }
    const answer = await shop.send(`/orders/${orderId}/returns`, body, { key: randomUUID(), token: owner })
    return answer.status === 201 ? accepted(answer, 'a return', WithId).id : undefined
  })
  const creditNote = await make(
    '/credit-notes',
    {
      customerId: ownerId,
      country: 'France',
      lines: [{ sku, name: 'Canary goodwill', quantity: 1, price: { amount: 100, currency: 'GBP' } }],
      reason: 'Canary reason',
      payment: { token: 'tok_ok' },
    },
    support,
  )
  const all = { ...ids, order: orderId, calledOff, return: returned, shipment: shipment.id, creditNote }
  const secrets = [...Object.values(all), email, STREET, LABEL, 'Canary reason', shipment.trackingNumber]
  return { owner, stranger, ownerId, sku, ids: all, secrets, sent: { key, body: order } }
}

/** A product, and pieces of it. */
async function offer(shop: ShopClient, run: string, token: string): Promise<string> {
  const sku = 'CANARY-CAGE'
  const product = { sku, name: 'A cage', price: { amount: 900, currency: 'GBP' } }
  accepted(await shop.send('/products', product, { key: `${run}-product`, token }), 'a product', z.unknown())
  return inTime('stock', async () => {
    const receipt = { quantity: 100, reference: `${run}-pieces` }
    const answer = await shop.send(`/stock/${sku}/receipts`, receipt, { key: randomUUID(), token })
    if (lostTo(answer, ['SKU_UNKNOWN']) !== undefined) return undefined
    accepted(answer, 'pieces', z.unknown())
    return sku
  })
}
