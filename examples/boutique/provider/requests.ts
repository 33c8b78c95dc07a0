import { z } from 'zod'

/** Visible ASCII only, so that a key means the same in a header, in a path and in the database. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')

/** Minor units. The upper limit keeps sums of millions of operations exact in a JSON number. */
const Amount = z.int().min(1).max(1_000_000_000)

const Currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')

/** Whose order it is, in the merchant's words. */
const Reference = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')

const Token = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 visible ASCII characters')

export const AuthorisationRequest = z.strictObject({
  amount: Amount,
  currency: Currency,
  token: Token,
  reference: Reference,
})
export type AuthorisationRequest = z.output<typeof AuthorisationRequest>

export const CaptureRequest = z.strictObject({ authorisationId: z.guid(), amount: Amount })
export type CaptureRequest = z.output<typeof CaptureRequest>

export const VoidRequest = z.strictObject({ authorisationKey: IdempotencyKey })
export type VoidRequest = z.output<typeof VoidRequest>

/** An authorisation is captured once, so either of the two says which capture is meant. */
export const RefundRequest = z
  .strictObject({ captureId: z.guid().optional(), authorisationId: z.guid().optional(), amount: Amount })
  .refine(({ captureId, authorisationId }) => (captureId === undefined) !== (authorisationId === undefined), {
    path: ['captureId'],
    error: 'name the capture or its authorisation, not both',
  })
export type RefundRequest = z.output<typeof RefundRequest>

/** Money to a card that nothing was taken from. */
export const CreditRequest = z.strictObject({
  amount: Amount,
  currency: Currency,
  token: Token,
  reference: Reference,
})
export type CreditRequest = z.output<typeof CreditRequest>

/** Text, because it comes from a query string. */
export const BooksQuery = z.strictObject({
  after: Reference.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number from 1 to 1000')
    .transform(Number)
    .pipe(z.int().min(1).max(1000))
    .default(1000),
})
export type BooksQuery = z.output<typeof BooksQuery>
