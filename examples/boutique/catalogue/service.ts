import { service, sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import type { Price } from '../shared.ts'
import { catalogue, Category, PriceSince, Product, ProductPage } from './contract.ts'
import { imageTypeOf, TELLING_BYTES } from './image-type.ts'
import { currentImage, readImage, replaceImage, retireImage } from './images.ts'
import { insertProduct, lockedProduct, pageColumns, productColumns, productPage } from './rows.ts'

export const catalogueService = service(catalogue, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation('listProducts', async ({ search, category, limit, cursor }, { db }) => {
    const items = await db.many(
      ProductPage,
      sql`select ${pageColumns} from products
        where (${search ?? null}::text is null or name ilike '%' || ${escapeLike(search ?? '')} || '%')
          and (${category ?? null}::text is null or exists (
            select from product_categories at where at.sku = products.sku and at.category = ${category ?? null}))
          and (${cursor ?? null}::text is null or sku > ${cursor ?? null})
        order by sku limit ${limit + 1}`,
    )
    return pageOf(items, limit, ({ sku }) => sku)
  })
  .operation('getProduct', async ({ sku }, { db, errors }) => {
    const product = await productPage(db, sku)
    if (!product) throw errors.PRODUCT_NOT_FOUND({ sku })
    return product
  })
  .operation('getProducts', async ({ skus }, { db }) => ({
    products: await db.many(Product, sql`select ${productColumns} from products where sku = any(${skus})`),
  }))
  .operation('addProduct', async (input, { db, publish, errors, now }) => {
    const product = await insertProduct(db, input, now())
    if (!product) throw errors.SKU_TAKEN({ sku: input.sku })
    publish.productAdded(product)
    return product
  })
  .operation('importProduct', async (input, { db, publish, now }) => {
    const product = await insertProduct(db, input, now())
    if (!product) return db.one(Product, sql`select ${productColumns} from products where sku = ${input.sku}`)
    publish.productAdded(product)
    return product
  })
  .operation('changePrice', async ({ sku, price }, { db, publish, errors, now }) => {
    const before = await lockedProduct(db, sku)
    if (!before) throw errors.PRODUCT_NOT_FOUND({ sku })
    if (isSame(before.price, price)) return before
    const product = await db.one(
      Product,
      sql`update products set price_amount = ${price.amount}, price_currency = ${price.currency}
        where sku = ${sku} returning ${productColumns}`,
    )
    await db.run(
      sql`insert into prices (sku, number, amount, currency, since)
        select ${sku}, max(number) + 1, ${price.amount}, ${price.currency}, ${now()}
        from prices where sku = ${sku}`,
    )
    publish.priceChanged({ sku, from: before.price, to: product.price })
    return product
  })
  .operation('listPrices', async ({ sku, limit, cursor }, { db, errors }) => {
    const items = await db.many(
      PriceSince,
      sql`select number, json_build_object('amount', amount, 'currency', currency) as price, since
        from prices where sku = ${sku} and (${cursor ?? null}::int is null or number < ${cursor ?? null}::int)
        order by number desc limit ${limit + 1}`,
    )
    // Every product has a first price.
    if (items.length === 0 && cursor === undefined) throw errors.PRODUCT_NOT_FOUND({ sku })
    return pageOf(items, limit, ({ number }) => String(number))
  })
  .operation('listCategories', async ({ limit, cursor }, { db }) => {
    const items = await db.many(
      Category,
      sql`select category, name from categories
        where ${cursor ?? null}::text is null or category > ${cursor ?? null}
        order by category limit ${limit + 1}`,
    )
    return pageOf(items, limit, ({ category }) => category)
  })
  .operation('putCategory', async ({ category, name }, { db }) =>
    db.one(
      Category,
      sql`insert into categories (category, name) values (${category}, ${name})
        on conflict (category) do update set name = excluded.name returning category, name`,
    ),
  )
  .operation('removeCategory', async ({ category }, { db, errors }) => {
    const removed = await db.run(sql`delete from categories where category = ${category}`)
    if (removed === 0) throw errors.CATEGORY_NOT_FOUND({ category })
    return {}
  })
  .operation('setCategories', async ({ sku, categories }, { db, errors }) => {
    if (!(await lockedProduct(db, sku))) throw errors.PRODUCT_NOT_FOUND({ sku })
    const missing = await missingCategory(db, categories)
    if (missing !== undefined) throw errors.CATEGORY_NOT_FOUND({ category: missing })
    await db.run(sql`delete from product_categories where sku = ${sku} and category <> all (${categories})`)
    await db.run(
      sql`insert into product_categories (sku, category)
        select ${sku}, category from unnest(${categories}::text[]) category on conflict do nothing`,
    )
    return db.one(ProductPage, sql`select ${pageColumns} from products where sku = ${sku}`)
  })
  .operation('putImage', async ({ sku }, { db, body, errors, now, id }) => {
    const contentType = imageTypeOf(await body.start(TELLING_BYTES))
    if (contentType === undefined) throw errors.NOT_AN_IMAGE({ contentType: body.contentType })
    if (!(await lockedProduct(db, sku))) throw errors.PRODUCT_NOT_FOUND({ sku })
    const before = await currentImage(db, sku)
    if (before?.sha256 === body.sha256) return before
    const image = { contentType, length: body.length, sha256: body.sha256, at: now() }
    await replaceImage(db, sku, { ...image, id: id(), pieces: body.pieces })
    return image
  })
  .operation('getImage', async ({ sku }, { db, errors }) => {
    const image = await currentImage(db, sku)
    if (!image) throw errors.IMAGE_NOT_FOUND({ sku })
    return {
      contentType: image.contentType,
      length: image.length,
      entityTag: image.sha256,
      read: (from, to) => readImage(db, image.id, from, to),
    }
  })
  .operation('removeImage', async ({ sku }, { db, errors, now }) => {
    if (!(await lockedProduct(db, sku)) || !(await retireImage(db, sku, now())))
      throw errors.IMAGE_NOT_FOUND({ sku })
    return {}
  })

/** One more than the limit was asked for, to know whether there is a next page. */
function pageOf<TItem>(items: TItem[], limit: number, cursorOf: (item: TItem) => string) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, next: items.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** Locked against who takes them away at this moment. */
async function missingCategory(db: WriteDatabase, categories: string[]): Promise<string | undefined> {
  const found = await db.many(
    z.object({ category: z.string() }),
    sql`select category from categories where category = any(${categories}) order by category for key share`,
  )
  const known = new Set(found.map(({ category }) => category))
  return categories.find((category) => !known.has(category))
}

function isSame(a: z.infer<typeof Price>, b: z.infer<typeof Price>): boolean {
  return a.amount === b.amount && a.currency === b.currency
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}
