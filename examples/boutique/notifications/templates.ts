import type { Money } from '../shared.ts'
import type { Details, Kind } from './contract.ts'

export interface Text {
  readonly subject: string
  readonly text: string
}

interface Occasion extends Details {
  /** Of the person, as it stands in their account. */
  readonly name: string
  readonly orderId: string
}

const TEMPLATES: Readonly<Record<Kind, (occasion: Occasion) => { subject: string; body: string }>> = {
  orderReceived: ({ orderId, amount }) => ({
    subject: 'We have your order',
    body: `Thank you for your order ${orderId} of ${pounds(amount)}.\nWe write again as soon as it is paid.`,
  }),
  orderPaid: ({ orderId, amount }) => ({
    subject: 'Your order is paid',
    body: `We have received ${pounds(amount)} for your order ${orderId}, and make it ready.`,
  }),
  orderDispatched: ({ orderId, trackingNumber }) => ({
    subject: 'Your order is on its way',
    body: `Your order ${orderId} has left our warehouse.${trackingNumber === undefined ? '' : `\nIts tracking number is ${trackingNumber}.`}`,
  }),
  orderRejected: ({ orderId, rejection }) => ({
    subject: 'We cannot fulfil your order',
    body: `We are sorry: your order ${orderId} could not be fulfilled. ${reasonOf(rejection)}\nNothing was taken from your card.`,
  }),
  orderRefunded: ({ orderId, amount }) => ({
    subject: 'Your refund',
    body: `We have sent ${pounds(amount)} for your order ${orderId} back to your card.`,
  }),
}

/** The words of one notification: plain text, in which nothing that a person calls themselves begins a new line. */
export function textOf(kind: Kind, occasion: Occasion): Text {
  const { subject, body } = TEMPLATES[kind](occasion)
  return { subject, text: `Dear ${oneLine(occasion.name)},\n\n${body}\n\nThe Boutique\n` }
}

/** Accounts of before names were checked may hold anything. */
export function oneLine(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 100)
}

function pounds({ amount }: Money): string {
  const pence = String(amount % 100).padStart(2, '0')
  return `£${Math.floor(amount / 100).toLocaleString('en-GB')}.${pence}`
}

function reasonOf(code: string | undefined): string {
  if (code === 'OUT_OF_STOCK') return 'We do not have enough of it in stock.'
  if (code === 'PAYMENT_DECLINED' || code === 'CAPTURE_DECLINED') return 'Your card was declined.'
  return 'Please write to us if you want to know more.'
}
