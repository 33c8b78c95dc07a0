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
