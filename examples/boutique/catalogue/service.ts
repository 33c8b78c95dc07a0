import { service, sql } from 'archipel'
import { catalogue, Product, type NewProduct } from './contract.ts'

const columns = sql`sku, name, description, stocked, added_at as "addedAt",
  json_build_object('amount', price_amount, 'currency', price_currency) as price`

export const catalogueService = service(catalogue, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation('listProducts', async ({ search, limit, cursor }, { db }) => {
    const items = await db.many(
      Product,
      sql`select ${columns} from products
        where (${search ?? null}::text is null or name ilike '%' || ${escapeLike(search ?? '')} || '%')
          and (${cursor ?? null}::text is null or sku > ${cursor ?? null})
        order by sku limit ${limit + 1}`,
    )
    return {
      items: items.slice(0, limit),
      next: items.length > limit ? (items[limit - 1]?.sku ?? null) : null,
    }
  })
  .operation('getProduct', async ({ sku }, { db, errors }) => {
    const product = await db.maybeOne(Product, sql`select ${columns} from products where sku = ${sku}`)
    if (!product) throw errors.PRODUCT_NOT_FOUND({ sku })
    return product
  })
  .operation('getProducts', async ({ skus }, { db }) => ({
    products: await db.many(Product, sql`select ${columns} from products where sku = any(${skus})`),
  }))
  .operation('addProduct', async (input, { db, publish, errors, now }) => {
    const product = await db.maybeOne(Product, insertUnlessThere(input, now()))
    if (!product) throw errors.SKU_TAKEN({ sku: input.sku })
    publish.productAdded(product)
    return product
  })
  .operation('importProduct', async (input, { db, publish, now }) => {
    const product = await db.maybeOne(Product, insertUnlessThere(input, now()))
    if (!product) return db.one(Product, sql`select ${columns} from products where sku = ${input.sku}`)
    publish.productAdded(product)
    return product
  })
  .operation('changePrice', async ({ sku, price }, { db, publish, errors }) => {
    const before = await db.maybeOne(
      Product,
      sql`select ${columns} from products where sku = ${sku} for update`,
    )
    if (!before) throw errors.PRODUCT_NOT_FOUND({ sku })
    const product = await db.one(
      Product,
      sql`update products set price_amount = ${price.amount}, price_currency = ${price.currency}
        where sku = ${sku} returning ${columns}`,
    )
    publish.priceChanged({ sku, from: before.price, to: product.price })
    return product
  })

function insertUnlessThere({ sku, name, description, price, stocked }: NewProduct, addedAt: string) {
  return sql`insert into products (sku, name, description, price_amount, price_currency, stocked, added_at)
    values (${sku}, ${name}, ${description}, ${price.amount}, ${price.currency}, ${stocked}, ${addedAt})
    on conflict do nothing returning ${columns}`
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}
