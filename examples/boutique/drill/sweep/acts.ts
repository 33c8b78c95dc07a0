import { z } from 'zod'
import type { Answer } from '../shop-client.ts'
import type { Who } from './people.ts'

/** One way through the shop, as far as it was walked. */
export interface Walk {
  /** Tells it from all others; its keys begin with it. */
  readonly name: string
  readonly customerId: string
  /** What is bought. */
  readonly sku: string
  /** The order, once it is placed. */
  orderId: string | undefined
  /** The return that was asked for last. */
  returnId: string | undefined
  readonly creditNotes: string[]
  /**
   * Sends a command until it has an answer, under a key of its own.
   * @throws when the answer has none of these statuses.
   */
  send(who: Who, path: string, body: unknown, statuses: readonly number[]): Promise<Answer>
  get(who: Who, path: string): Promise<Answer>
}

/** Something that somebody does at the public door. */
export type Act = (walk: Walk) => Promise<void>

const WithId = z.object({ id: z.string() })
const PRICE = { amount: 300, currency: 'GBP' }

/** @param token what the card processor makes of it. */
export function place(token: string, quantity = 1): Act {
  return async (walk) => {
    const order = { lines: [{ sku: walk.sku, quantity }], payment: { token } }
    const { body } = await walk.send('customer', '/orders', order, [202])
    walk.orderId = WithId.parse(body).id
  }
}

/** Accepted, or refused because it is too late. */
export const cancel: Act = async (walk) => {
  await walk.send('customer', `/orders/${walk.orderId}/cancellation`, {}, [202, 409])
}

/** Refused when the shipment has been recalled. */
export const dispatch: Act = async (walk) => {
  const { body } = await walk.get('support', `/orders/${walk.orderId}/shipment`)
  await walk.send('warehouse', `/shipments/${WithId.parse(body).id}/dispatch`, {}, [200, 409])
}

export const deliver: Act = async (walk) => {
  const { body } = await walk.get('support', `/orders/${walk.orderId}/shipment`)
  await walk.send('warehouse', `/shipments/${WithId.parse(body).id}/delivery`, {}, [200])
}

export function sendBack(quantity: number): Act {
  return async (walk) => {
    const lines = [{ number: 1, quantity }]
    const { body } = await walk.send('customer', `/orders/${walk.orderId}/returns`, { lines }, [201])
    walk.returnId = WithId.parse(body).id
  }
}

export function approve(disposition: 'restock' | 'writeOff'): Act {
  return async (walk) => {
    const lines = [{ number: 1, disposition }]
    await walk.send('support', `/returns/${walk.returnId}/approval`, { lines }, [202])
  }
}

export const refuse: Act = async (walk) => {
  await walk.send('support', `/returns/${walk.returnId}/refusal`, { reason: 'It was used' }, [200])
}

/** @param token of the card that the money goes to. */
export function credit(token: string): Act {
  return async (walk) => {
    const note = {
      customerId: walk.customerId,
      country: 'France',
      lines: [{ sku: walk.sku, name: 'Something broken', quantity: 2, price: PRICE }],
      reason: 'Broken on arrival',
      payment: { token },
    }
    const { body } = await walk.send('support', '/credit-notes', note, [202])
    walk.creditNotes.push(WithId.parse(body).id)
  }
}

/** All at the same moment. */
export function atOnce(...acts: readonly Act[]): Act {
  return async (walk) => void (await Promise.all(acts.map((act) => act(walk))))
}
