import { z } from 'zod'

/** One comparison of the books, and what it found wrong. */
export interface Finding {
  readonly what: string
  /** How many were looked at. */
  readonly checked: number
  /** What is wrong, one sentence each; empty is good. */
  readonly wrong: readonly string[]
  /** Whether what is wrong is a loss or a doubling; neither is an inconsistency of another kind. */
  readonly sort: 'lost' | 'doubled' | 'unbalanced'
}

/** What the card processor says of one order, in minor units. */
export const BooksLine = z.object({
  reference: z.string(),
  captured: z.int(),
  refunded: z.int(),
  held: z.int(),
  captures: z.int(),
  credited: z.int(),
  credits: z.int(),
})
export type BooksLine = z.infer<typeof BooksLine>

const Text = z.object({ text: z.string() })

/** The database of the whole shop, read by who may read everything: a pool is one. */
export interface WholeDatabase {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

/** One sentence for each row of a statement that selects what is wrong as `text`. */
export async function findings(
  database: WholeDatabase,
  sql: string,
  values: unknown[] = [],
): Promise<string[]> {
  const { rows } = await database.query(sql, values)
  return rows.map((row) => Text.parse(row).text)
}
