import { command, conflict, contract, event, notFound, page, query, roles } from 'archipel'
import { z } from 'zod'
import { Instant, Price, Sku } from '../shared.ts'

export const Product = z.object({
  sku: Sku,
  name: z.string(),
  description: z.string(),
  price: Price,
  /** Whether it is a thing on a shelf; postage and fees are none. Products of before the field was there are. */
  stocked: z.boolean().default(true),
  addedAt: Instant,
})
const NewProduct = z.object({
  sku: Sku,
  name: z.string().min(1).max(200),
  description: z.string().max(2_000).default(''),
  price: Price,
  stocked: z.boolean().default(true),
})
export type NewProduct = z.infer<typeof NewProduct>
const PRODUCT_NOT_FOUND = notFound(z.object({ sku: Sku }))

export const catalogue = contract('catalogue', {
  version: '1.1.0',
  operations: {
    listProducts: query({
      summary: 'Products by SKU, or those whose name has a word',
      http: { route: 'GET /products' },
      access: 'public',
      ...page(Product, { search: z.string().max(100).optional() }),
    }),
    getProduct: query({
      http: { route: 'GET /products/{sku}' },
      access: 'public',
      input: z.object({ sku: Sku }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND },
    }),
    getProducts: query({
      summary: 'Several products at once; those that do not exist are left out',
      access: 'internal',
      input: z.object({ skus: z.array(Sku).max(1_000) }),
      output: z.object({ products: z.array(Product) }),
    }),
    addProduct: command({
      http: { route: 'POST /products', status: 201, location: '/products/{sku}' },
      access: roles('merchandiser'),
      input: NewProduct,
      output: Product,
      errors: { SKU_TAKEN: conflict(z.object({ sku: Sku })) },
    }),
    importProduct: command({
      summary: 'Adds a product of a trader; one that exists is answered as it is',
      http: { route: 'POST /trade/products' },
      access: roles('trade'),
      input: NewProduct.required({ stocked: true }),
      output: Product,
    }),
    changePrice: command({
      http: { route: 'PUT /products/{sku}/price' },
      access: roles('merchandiser'),
      input: z.object({ sku: Sku, price: Price }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND },
    }),
  },
  events: {
    productAdded: event({ data: Product, key: 'sku', version: 1 }),
    priceChanged: event({ data: z.object({ sku: Sku, from: Price, to: Price }), key: 'sku', version: 1 }),
  },
})
