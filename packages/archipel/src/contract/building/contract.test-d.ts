import { z } from 'zod'
import {
  anyOf,
  command,
  conflict,
  contract,
  event,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
  scope,
  stream,
} from '../index.ts'
import type { CallerInputOf, DataOf, ErrorsOf, InputOf, NamesOfKind, OutputOf } from '../index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_TClaim extends true>(): void {}

const Product = z.object({
  sku: z.string(),
  name: z.string(),
  price: z.object({ amount: z.int(), currency: z.string() }),
})
type Product = z.infer<typeof Product>

const catalogue = contract('catalogue', {
  version: '1.2.0',
  operations: {
    getProduct: query({
      http: { route: 'GET /products/{sku}' },
      access: 'public',
      input: z.object({ sku: z.string() }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND: notFound(z.object({ sku: z.string() })), GONE: refused() },
    }),
    listProducts: query({
      http: { route: 'GET /products' },
      access: anyOf(roles('a', 'b'), scope('c'), owner('sku')),
      ...page(Product, { search: z.string().optional() }),
    }),
    listAll: query({ access: 'internal', ...page(Product) }),
    addProduct: command({
      http: { route: 'POST /products', status: 201, location: '/products/{sku}' },
      access: roles('merchandiser'),
      input: Product.extend({ tags: z.array(z.string()).default([]) }),
      output: Product,
      errors: { SKU_TAKEN: conflict(z.object({ sku: z.string() })) },
    }),
    watch: stream({
      access: 'public',
      input: z.object({ sku: z.string() }),
      output: z.object({ at: z.string() }),
    }),
  },
  events: { productAdded: event({ data: Product, key: 'sku', version: 1 }) },
})
type Catalogue = typeof catalogue
type Ops = Catalogue['operations']

holds<Equal<Catalogue['name'], 'catalogue'>>()
holds<Equal<CallerInputOf<Ops['getProduct']>, { sku: string }>>()
holds<Equal<OutputOf<Ops['getProduct']>, Product>>()
holds<Equal<ErrorsOf<Ops['getProduct']>['PRODUCT_NOT_FOUND'], { sku: string }>>()
holds<Equal<ErrorsOf<Ops['getProduct']>['GONE'], undefined>>()
holds<Equal<keyof ErrorsOf<Ops['getProduct']>, 'PRODUCT_NOT_FOUND' | 'GONE'>>()
holds<Equal<keyof ErrorsOf<Ops['listProducts']>, never>>()
holds<Equal<CallerInputOf<Ops['listProducts']>['limit'], number | undefined>>()
holds<Equal<CallerInputOf<Ops['listProducts']>['search'], string | undefined>>()
holds<Equal<InputOf<Ops['listProducts']>['limit'], number>>()
holds<Equal<InputOf<Ops['listAll']>['cursor'], string | undefined>>()
holds<Equal<OutputOf<Ops['listProducts']>, { items: Product[]; next: string | null }>>()
holds<Equal<CallerInputOf<Ops['addProduct']>['tags'], string[] | undefined>>()
holds<Equal<InputOf<Ops['addProduct']>['tags'], string[]>>()
holds<Equal<NamesOfKind<Catalogue, 'command'>, 'addProduct'>>()
holds<Equal<NamesOfKind<Catalogue, 'query'>, 'getProduct' | 'listProducts' | 'listAll'>>()
holds<Equal<NamesOfKind<Catalogue, 'stream'>, 'watch'>>()
holds<Equal<DataOf<Catalogue['events']['productAdded']>, Product>>()
holds<Equal<keyof Catalogue['events'], 'productAdded'>>()

const empty = { input: z.object({}), output: z.object({}) }

// @ts-expect-error access is mandatory
query({ ...empty })
// @ts-expect-error a role needs a name
query({ ...empty, access: roles() })
// @ts-expect-error not a rule
query({ ...empty, access: 'everybody' })
// @ts-expect-error a command is no GET
command({ ...empty, access: 'public', http: { route: 'GET /x' } })
// @ts-expect-error a stream is a GET
stream({ ...empty, access: 'public', http: { route: 'POST /x' } })
// @ts-expect-error a route starts with a slash
query({ ...empty, access: 'public', http: { route: 'GET products' } })
// @ts-expect-error only commands have secret answers
query({ ...empty, access: 'public', secret: true })
// @ts-expect-error an error is declared by its kind, not by a number
query({ ...empty, access: 'public', errors: { NOT_FOUND: 404 } })
// @ts-expect-error not a schema
query({ access: 'public', input: { sku: 'string' }, output: z.object({}) })
// @ts-expect-error the key is a field of the data
event({ data: Product, key: 'id', version: 1 })
// @ts-expect-error the key is a string
event({ data: Product, key: 'price', version: 1 })
// @ts-expect-error an optional field can't be the key
event({ data: z.object({ id: z.string().optional() }), key: 'id', version: 1 })
// @ts-expect-error no such operation
void catalogue.operations.removeProduct
// @ts-expect-error no such event
void catalogue.events.productRemoved
// @ts-expect-error the details are typed
const details: ErrorsOf<Ops['getProduct']>['PRODUCT_NOT_FOUND'] = { sku: 1 }
void details

// @ts-expect-error no such error
type Undeclared = ErrorsOf<Ops['getProduct']>['SKU_TAKEN']
void (0 as unknown as Undeclared)
// @ts-expect-error a filter is a schema
page(Product, { search: 'string' })
// @ts-expect-error details are described by a schema
notFound({ sku: 'string' })
// @ts-expect-error anyOf joins two rules at least
anyOf(roles('a'))
// @ts-expect-error a caller may leave the limit out, but not send a text
const asked: CallerInputOf<Ops['listProducts']> = { limit: '20' }
void asked
// @ts-expect-error only 200, 201 and 202 come with an answer
query({ ...empty, access: 'public', http: { route: 'GET /x', status: 404 } })
