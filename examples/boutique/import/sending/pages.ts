import { z } from 'zod'
import type { TradeClient } from './trade-client.ts'

const Page = z.object({ items: z.array(z.unknown()), next: z.string().nullable() })

/** All items of a list, page by page as they are asked for. */
export async function* itemsOf<TItem>(
  client: TradeClient,
  path: string,
  item: z.ZodType<TItem>,
): AsyncGenerator<TItem> {
  let cursor: string | null = null
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { items, next } = Page.parse(await client.get(`${path}?limit=100${after}`))
    for (const one of items) yield item.parse(one)
    cursor = next
  } while (cursor !== null)
}
