import { command, notFound, owner, page, query, roles } from 'archipel'
import { z } from 'zod'
import { Address, Id, Instant, textLine } from '../shared.ts'

export const SavedAddress = z.object({ id: Id, userId: Id, address: Address, addedAt: Instant })

/** What the card processor knows a card by. It begins with its kind, so that no card number can pass as one. */
const CardToken = z
  .string()
  .max(100)
  .regex(
    /^[a-z]+_[A-Za-z0-9_-]+$/,
    'a token begins with its kind and an underscore, as the card processor gives it',
  )

const card = {
  label: textLine(60),
  brand: textLine(30),
  last4: z.string().regex(/^\d{4}$/, 'must be the last four digits of the card'),
}
/** A card as its owner sees it; its token stays inside. */
export const PaymentMethod = z.object({ id: Id, userId: Id, ...card, addedAt: Instant })
const NewPaymentMethod = z.object({ ...card, token: CardToken })
export type NewPaymentMethod = z.infer<typeof NewPaymentMethod>

const ADDRESS_NOT_FOUND = notFound()
const METHOD_NOT_FOUND = notFound()
const CUSTOMER_NOT_FOUND = notFound()

/** What belongs to one person: addresses and ways to pay. */
export const belongingsOperations = {
  listAddresses: query({
    summary: 'Your own addresses, the latest first',
    http: { route: 'GET /users/me/addresses' },
    access: owner('userId'),
    ...page(SavedAddress, {}, { cursor: Id }),
  }),
  getAddress: query({
    http: { route: 'GET /users/me/addresses/{id}' },
    access: owner('userId'),
    input: z.object({ id: Id }),
    output: SavedAddress,
    errors: { ADDRESS_NOT_FOUND },
  }),
  addAddress: command({
    http: { route: 'POST /users/me/addresses', status: 201, location: '/users/me/addresses/{id}' },
    access: roles('customer'),
    input: Address,
    output: SavedAddress,
  }),
  changeAddress: command({
    summary: 'Change an address; orders that were placed keep the one they had',
    http: { route: 'PUT /users/me/addresses/{id}' },
    access: roles('customer'),
    input: Address.extend({ id: Id }),
    output: SavedAddress,
    errors: { ADDRESS_NOT_FOUND },
  }),
  removeAddress: command({
    http: { route: 'DELETE /users/me/addresses/{id}' },
    access: roles('customer'),
    input: z.object({ id: Id }),
    output: z.object({}),
    errors: { ADDRESS_NOT_FOUND },
  }),
  listPaymentMethods: query({
    summary: 'Your own ways to pay, the latest first',
    http: { route: 'GET /users/me/payment-methods' },
    access: owner('userId'),
    ...page(PaymentMethod, {}, { cursor: Id }),
  }),
  addPaymentMethod: command({
    summary: 'Keep a card by the token that the card processor gave: never by its number',
    http: { route: 'POST /users/me/payment-methods', status: 201 },
    access: roles('customer'),
    input: NewPaymentMethod,
    output: PaymentMethod,
  }),
  removePaymentMethod: command({
    http: { route: 'DELETE /users/me/payment-methods/{id}' },
    access: roles('customer'),
    input: z.object({ id: Id }),
    output: z.object({}),
    errors: { METHOD_NOT_FOUND },
  }),
  getForOrder: query({
    summary: 'What an order takes from its customer: an address, a token to pay with',
    access: 'internal',
    input: z.object({ customerId: Id, addressId: Id.optional(), methodId: Id.optional() }),
    output: z.object({ address: Address.nullable(), token: z.string().nullable() }),
    errors: { ADDRESS_NOT_FOUND, METHOD_NOT_FOUND },
  }),
  getContact: query({
    summary: 'Where a person is written to, and by what name',
    access: 'internal',
    input: z.object({ id: Id }),
    output: z.object({ email: z.string(), name: z.string() }),
    errors: { CUSTOMER_NOT_FOUND },
  }),
}
