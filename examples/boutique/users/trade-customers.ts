import { sql, type Queryable, type WriteDatabase } from 'archipel'
import { z } from 'zod'

/** A customer as a trader brought it. */
export interface TradeCustomer {
  readonly externalReference: string
  readonly name: string
  readonly email: string
  readonly country: string
}

const Named = z.object({ userId: z.string() })
const Known = Named.extend({ name: z.string(), email: z.string(), country: z.string() })

/** Who a trader's reference names, and whether it came with the same content. */
export async function findTradeCustomer(
  db: Queryable,
  traderId: string,
  { externalReference, name, email, country }: TradeCustomer,
): Promise<{ userId: string; same: boolean } | undefined> {
  const known = await db.maybeOne(
    Known,
    sql`select user_id as "userId", name, email, country from trade_customers
      where trader_id = ${traderId} and external_reference = ${externalReference}`,
  )
  if (!known) return undefined
  const same = known.name === name && known.email === email && known.country === country
  return { userId: known.userId, same }
}

/** @returns whom the reference names now: another user when the trader has used it already. */
export async function insertTradeCustomer(
  db: WriteDatabase,
  traderId: string,
  userId: string,
  { externalReference, name, email, country }: TradeCustomer,
): Promise<string> {
  const named = await db.one(
    Named,
    sql`insert into trade_customers (trader_id, external_reference, user_id, name, email, country)
      values (${traderId}, ${externalReference}, ${userId}, ${name}, ${email}, ${country})
      on conflict (trader_id, external_reference)
        do update set external_reference = excluded.external_reference
      returning user_id as "userId"`,
  )
  return named.userId
}
