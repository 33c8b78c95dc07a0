import {
  command,
  conflict,
  contract,
  download,
  event,
  notFound,
  page,
  query,
  roles,
  unsupported,
  upload,
} from 'archipel'
import { z } from 'zod'
import { Instant, Price, Sku } from '../shared.ts'
import { IMAGE_TYPES } from './image-type.ts'

export const Product = z.object({
  sku: Sku,
  name: z.string(),
  description: z.string(),
  price: Price,
  /** Whether it is a thing on a shelf; postage and fees are none. Products of before the field was there are. */
  stocked: z.boolean().default(true),
  addedAt: Instant,
})

/** What a category is called in addresses. Categories are flat: a product stands in as many as it belongs to. */
const CategoryId = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'small letters, digits and single hyphens')
  .max(60)
export const Category = z.object({ category: CategoryId, name: z.string().min(1).max(100) })

/** What is known of an image beside its bytes. */
export const Image = z.object({
  contentType: z.enum(IMAGE_TYPES),
  length: z.int(),
  sha256: z.string(),
  at: Instant,
})

/** A product as its page shows it. */
export const ProductPage = Product.extend({
  categories: z.array(CategoryId),
  image: Image.nullable(),
})

/** What a product costs since a moment; the newest is what it costs now. */
export const PriceSince = z.object({ number: z.int(), price: Price, since: Instant })

const NewProduct = z.object({
  sku: Sku,
  name: z.string().min(1).max(200),
  description: z.string().max(2_000).default(''),
  price: Price,
  stocked: z.boolean().default(true),
})
export type NewProduct = z.infer<typeof NewProduct>

const OfProduct = z.object({ sku: Sku })
const OfCategory = z.object({ category: CategoryId })
const PRODUCT_NOT_FOUND = notFound(OfProduct)
const CATEGORY_NOT_FOUND = notFound(OfCategory)
const IMAGE_NOT_FOUND = notFound(OfProduct)
const MOST_CATEGORIES = 20
const LONGEST_IMAGE_BYTES = 10 * 1_048_576

export const catalogue = contract('catalogue', {
  version: '1.2.0',
  operations: {
    listProducts: query({
      summary: 'Products by SKU, those of a category, or those whose name has a word',
      http: { route: 'GET /products' },
      access: 'public',
      ...page(ProductPage, { search: z.string().max(100).optional(), category: CategoryId.optional() }),
    }),
    getProduct: query({
      http: { route: 'GET /products/{sku}' },
      access: 'public',
      input: OfProduct,
      output: ProductPage,
      errors: { PRODUCT_NOT_FOUND },
      cache: { maxAge: '5s' },
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
      errors: { SKU_TAKEN: conflict(OfProduct) },
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
    listPrices: query({
      summary: 'What a product has cost, the newest first',
      http: { route: 'GET /products/{sku}/prices' },
      access: 'public',
      ...page(PriceSince, { sku: Sku }, { cursor: z.string().regex(/^[1-9]\d{0,8}$/) }),
      errors: { PRODUCT_NOT_FOUND },
    }),
    listCategories: query({
      http: { route: 'GET /categories' },
      access: 'public',
      ...page(Category),
    }),
    putCategory: command({
      summary: 'Adds a category, or gives it another name',
      http: { route: 'PUT /categories/{category}' },
      access: roles('merchandiser'),
      input: Category,
      output: Category,
    }),
    removeCategory: command({
      summary: 'Takes a category away; its products stay',
      http: { route: 'DELETE /categories/{category}' },
      access: roles('merchandiser'),
      input: OfCategory,
      output: z.object({}),
      errors: { CATEGORY_NOT_FOUND },
    }),
    setCategories: command({
      summary: 'Says in which categories a product stands: in these and no others',
      http: { route: 'PUT /products/{sku}/categories' },
      access: roles('merchandiser'),
      input: z.object({ sku: Sku, categories: z.array(CategoryId).max(MOST_CATEGORIES) }),
      output: ProductPage,
      errors: { PRODUCT_NOT_FOUND, CATEGORY_NOT_FOUND },
    }),
    putImage: upload({
      summary: 'Gives a product its image, instead of the one it has',
      http: { route: 'PUT /products/{sku}/image' },
      access: roles('merchandiser'),
      input: OfProduct,
      output: Image,
      maxBytes: LONGEST_IMAGE_BYTES,
      contentTypes: IMAGE_TYPES,
      errors: { PRODUCT_NOT_FOUND, NOT_AN_IMAGE: unsupported(z.object({ contentType: z.string() })) },
    }),
    getImage: download({
      http: { route: 'GET /products/{sku}/image' },
      access: 'public',
      input: OfProduct,
      contentTypes: IMAGE_TYPES,
      errors: { IMAGE_NOT_FOUND },
      cache: { maxAge: '1m' },
    }),
    removeImage: command({
      http: { route: 'DELETE /products/{sku}/image' },
      access: roles('merchandiser'),
      input: OfProduct,
      output: z.object({}),
      errors: { IMAGE_NOT_FOUND },
    }),
  },
  events: {
    productAdded: event({ data: Product, key: 'sku', version: 1 }),
    priceChanged: event({ data: z.object({ sku: Sku, from: Price, to: Price }), key: 'sku', version: 1 }),
  },
})
