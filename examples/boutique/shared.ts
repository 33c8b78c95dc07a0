import { z } from 'zod'

/**
 * What a product is called everywhere. Case matters: some traders use it. Single spaces inside are theirs too
 * (`BANK CHARGES`); in a path they are `%20`.
 */
export const Sku = z
  .string()
  .max(40)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(?: [A-Za-z0-9._-]+)*$/,
    'a SKU is letters, digits, dots, hyphens, underscores and single spaces inside; it begins with a letter or digit',
  )

export const HIGHEST_AMOUNT = 1_000_000_000_000

/** An amount in minor units (pence) with its currency: never a fraction, never a float. */
export const Money = z.object({
  amount: z.int().min(0).max(HIGHEST_AMOUNT),
  currency: z.enum(['GBP']),
})
export type Money = z.infer<typeof Money>

/** What one piece costs: nothing is free, for the card processor holds no empty amounts. */
export const Price = Money.extend({ amount: z.int().min(1).max(100_000_000) })

export const Instant = z.iso.datetime()
export const Id = z.uuid()

/** How many pieces of one product one order line can have. */
export const Quantity = z.int().min(1).max(100_000)

/** Text on one line, as it stands on a label, in a list or in the head of a letter: no control characters. */
export function textLine(longest: number) {
  return z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, 'must be one line without control characters')
}

/** A country by its name, as traders write it. */
export const Country = textLine(60)

/** Where a parcel goes. */
export const Address = z.object({
  name: textLine(100),
  street: textLine(200),
  city: textLine(100),
  postcode: textLine(20),
  country: Country,
})
export type Address = z.infer<typeof Address>

/** The page of rows that were read by descending or ascending id, one more than asked for. */
export function pageById<TRow extends { readonly id: string }>(
  rows: readonly TRow[],
  limit: number,
): { items: TRow[]; next: string | null } {
  return {
    items: rows.slice(0, limit),
    next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null,
  }
}
