import { sql, type ReadDatabase, type WriteDatabase } from 'archipel'
import { Product, ProductPage, type NewProduct } from './contract.ts'

export const productColumns = sql`products.sku, products.name, description, stocked, added_at as "addedAt",
  json_build_object('amount', price_amount, 'currency', price_currency) as price`

/** With everything that the page of a product shows. */
export const pageColumns = sql`${productColumns},
  array(select category from product_categories at where at.sku = products.sku order by category) as categories,
  (select json_build_object('contentType', type, 'length', length, 'sha256', sha256,
      'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from images where images.sku = products.sku and replaced_at is null) as image`

export function productPage(db: Pick<ReadDatabase, 'maybeOne'>, sku: string) {
  return db.maybeOne(ProductPage, sql`select ${pageColumns} from products where sku = ${sku}`)
}

/** The product as it is until the end of the transaction. */
export function lockedProduct(db: WriteDatabase, sku: string) {
  return db.maybeOne(Product, sql`select ${productColumns} from products where sku = ${sku} for update`)
}

/** With its first price. @returns undefined when there is one of this SKU already. */
export async function insertProduct(db: WriteDatabase, product: NewProduct, addedAt: string) {
  const { sku, name, description, price, stocked } = product
  const added = await db.maybeOne(
    Product,
    sql`insert into products (sku, name, description, price_amount, price_currency, stocked, added_at)
      values (${sku}, ${name}, ${description}, ${price.amount}, ${price.currency}, ${stocked}, ${addedAt})
      on conflict do nothing returning ${productColumns}`,
  )
  if (added !== undefined)
    await db.run(
      sql`insert into prices (sku, number, amount, currency, since)
        values (${sku}, 1, ${price.amount}, ${price.currency}, ${addedAt})`,
    )
  return added
}
