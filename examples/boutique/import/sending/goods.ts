import { z } from 'zod'
import type { FileProduct } from '../reading/survey.ts'
import { atOnce } from './at-once.ts'
import { itemsOf } from './pages.ts'
import type { Sending } from './sending.ts'

const Product = z.object({ sku: z.string(), stocked: z.boolean() })
const OPENING_STOCK = 10_000
/** The opening stock of this SKU was another one: it was opened, and by us. */
const OPENED = 'OPENING_TAKEN'

/** Brings in what the file sells, with an opening stock of goods. A product that the shop has stays as it is. */
export async function sendGoods(sending: Sending, products: ReadonlyMap<string, FileProduct>): Promise<void> {
  const { client, concurrency, progress } = sending
  const known = new Map<string, boolean>()
  for await (const { sku, stocked } of itemsOf(client, '/products', Product))
    if (products.has(sku)) known.set(sku, stocked)

  progress.begin('products', products.size)
  await atOnce(products.values(), concurrency, async (product) => {
    const stocked = known.get(product.sku) ?? (await sendProduct(sending, product))
    if (stocked) await sendStock(sending, product.sku)
    progress.step()
  })
  progress.end()
}

async function sendProduct({ client, refused }: Sending, product: FileProduct): Promise<boolean> {
  const { sku, name, pence, stocked } = product
  const price = { amount: pence, currency: 'GBP' }
  const answer = await client.send('/trade/products', `product/${sku}`, { sku, name, price, stocked })
  if (answer.done) return Product.parse(answer.body).stocked
  refused({ what: `product ${sku}`, ...answer })
  return false
}

async function sendStock({ client, refused }: Sending, sku: string): Promise<void> {
  const answer = await client.send('/trade/stock', `stock/${sku}`, { sku, quantity: OPENING_STOCK })
  if (!answer.done && answer.code !== OPENED) refused({ what: `stock of ${sku}`, ...answer })
}
