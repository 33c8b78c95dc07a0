import { z } from 'zod'
import type { Client, Download, QueryClient } from '../call/index.ts'
import {
  anyOf,
  command,
  conflict,
  contract,
  download,
  event,
  notFound,
  owner,
  page,
  query,
  roles,
  stream,
  upload,
} from '../contract/index.ts'
import { activity, saga } from '../saga/index.ts'
import type { Principal } from '../call/index.ts'
import { service, type AnyService, type CompleteServices } from './index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_TClaim extends true>(): void {}
function application<const TServices extends readonly AnyService[]>(
  _services: TServices & CompleteServices<TServices>,
): void {}

const Product = z.object({ sku: z.string(), price: z.int() })
const catalogue = contract('catalogue', {
  version: '1.0.0',
  operations: {
    getProduct: query({
      access: 'public',
      input: z.object({ sku: z.string() }),
      output: Product,
      errors: { PRODUCT_NOT_FOUND: notFound(z.object({ sku: z.string() })) },
    }),
    addProduct: command({
      access: roles('merchandiser'),
      input: Product.extend({ tags: z.array(z.string()).default([]) }),
      output: Product,
      errors: { SKU_TAKEN: conflict() },
    }),
  },
  events: { productAdded: event({ data: Product, key: 'sku', version: 1 }) },
})

const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    listOrders: query({
      access: owner('customerId'),
      ...page(z.object({ id: z.string(), customerId: z.string() })),
    }),
    placeOrder: command({
      access: roles('customer'),
      input: z.object({ sku: z.string() }),
      output: z.object({ id: z.string() }),
    }),
    cancelOrder: command({
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ id: z.string() }),
      output: z.object({}),
    }),
    watch: stream({
      access: owner('customerId'),
      input: z.object({ id: z.string() }),
      output: z.object({ status: z.enum(['placed', 'paid']) }),
    }),
  },
  events: { orderPlaced: event({ data: z.object({ id: z.string() }), key: 'id', version: 1 }) },
})

const fulfil = saga('fulfil', { version: 1, input: z.object({ sku: z.string() }), uses: { catalogue } })

const catalogueService = service(catalogue, {})
  .operation('getProduct', async ({ sku }, { errors, principal, db }) => {
    holds<Equal<typeof principal, Principal | undefined>>()
    if (sku === '') throw errors.PRODUCT_NOT_FOUND({ sku })
    // @ts-expect-error the details are typed
    errors.PRODUCT_NOT_FOUND({})
    // @ts-expect-error a query has no transaction to write in
    void db.transaction
    // @ts-expect-error nor anything to write with: the message says where there is
    void db.run({ text: 'delete from products', values: [] })
    return { sku, price: 1 }
  })
  .operation('addProduct', ({ sku, price, tags }, { publish, errors, principal }) => {
    holds<Equal<typeof tags, string[]>>()
    holds<Equal<typeof principal, Principal>>()
    publish.productAdded({ sku, price })
    // @ts-expect-error the data of an event is typed
    publish.productAdded({ sku })
    return price < 0 ? errors.SKU_TAKEN() : { sku, price }
  })

const { input, output } = orders.operations.placeOrder
const place = activity('place', { input, output })
  .intend(async ({ sku }) => ({ sku }))
  .effect(async ({ sku }) => ({ sku }))
  .settle(async ({ sku }) => ({ id: sku }))
service(orders, { sagas: [fulfil], activities: [place] }).on(
  catalogue.events.productAdded,
  { name: 'placed', from: 'now' },
  ({ data }, { start, cancel }) => {
    start.place('1', { sku: data.sku })
    start.fulfil('1', { sku: data.sku })
    // @ts-expect-error the input of an activity is typed
    start.place('1', {})
    cancel.fulfil('1')
    // @ts-expect-error an activity has nothing to undo, so it can't be called off
    cancel.place('1')
  },
)

const ordersService = service(orders, { uses: { catalogue }, sagas: [fulfil] })
  .operation('listOrders', async (_input, { catalogue, principal }) => {
    holds<Equal<typeof catalogue, QueryClient<typeof catalogueContract>>>()
    // @ts-expect-error a query calls no commands
    void catalogue.addProduct
    return { items: [{ id: '1', customerId: principal.id }], next: null }
  })
  .operation(
    'placeOrder',
    { prepare: ({ sku }, { catalogue }) => catalogue.getProduct({ sku }) },
    async (_input, { publish, start, cancel, id, catalogue }, product) => {
      holds<Equal<typeof product, { sku: string; price: number }>>()
      holds<
        Equal<
          typeof catalogue,
          'no network inside a transaction: read before it, { prepare: (input, { catalogue }) => catalogue.… } before the handler, or start a saga'
        >
      >()
      // @ts-expect-error no clients inside a transaction
      void catalogue.getProduct
      const order = id()
      publish.orderPlaced({ id: order })
      start.fulfil(order, { sku: product.sku })
      cancel.fulfil(order)
      // @ts-expect-error the input of a saga is typed
      start.fulfil(order, {})
      // @ts-expect-error no such saga
      void start.refund
      return { id: order }
    },
  )
  .operation('cancelOrder', { ownerOf: async ({ id }) => id }, async () => ({}))
  .operation('watch', { ownerOf: ({ id }) => id }, async function* ({ id }, { changed, lastEventId }) {
    await changed(id, '1s')
    yield { id: lastEventId ?? '0', data: { status: 'placed' } }
  })
  .on(catalogue.events.productAdded, { name: 'added', from: 'start' }, async ({ data, subject }, { db }) => {
    holds<Equal<typeof data, { sku: string; price: number }>>()
    holds<Equal<typeof subject, string>>()
    void db.run
  })
  .on(
    [catalogue.events.productAdded],
    { name: 'added-again', from: 'now', onPoison: 'skip' },
    ({ data }) => void data.sku,
  )

  .onPage(
    [catalogue.events.productAdded],
    { name: 'added-together', from: 'now' },
    async (events, { db, of, now, ...context }) => {
      for (const event of events) {
        holds<Equal<typeof event.data, z.infer<typeof Product>>>()
        of(event).log.info('seen', { sku: event.data.sku, at: now() })
      }
      // @ts-expect-error a page has many causes: what is published is of one of its events
      void context.publish
      // @ts-expect-error nor has it a correlation id
      void context.correlationId
      // @ts-expect-error only what came with the page has a context
      of({})
      await db.run({ text: 'select 1', values: [] })
    },
  )

export const catalogueContract = catalogue

application([catalogueService, ordersService])
// @ts-expect-error catalogue has no handler for 'addProduct'
application([service(catalogue, {}).operation('getProduct', async ({ sku }) => ({ sku, price: 1 }))])
const incomplete: CompleteServices<[ReturnType<typeof halfDone>]>[0] =
  "catalogue has no handler for 'addProduct'"
void incomplete
function halfDone() {
  return service(catalogue, {}).operation('getProduct', async ({ sku }) => ({ sku, price: 1 }))
}

// @ts-expect-error catalogue has two handlers for 'getProduct'
catalogueService.operation('getProduct', async ({ sku }) => ({ sku, price: 1 }))
// @ts-expect-error no such operation
service(catalogue, {}).operation('removeProduct', async () => ({}))
// @ts-expect-error the output is not what the contract says
service(catalogue, {}).operation('getProduct', async ({ sku }) => ({ sku }))
// @ts-expect-error 'cancelOrder' asks for the owner
service(orders, {}).operation('cancelOrder', async () => ({}))
// @ts-expect-error 'watch' asks for the owner
service(orders, {}).operation('watch', async function* () {})
// @ts-expect-error 'cancelOrder' asks for the owner, a prepare is not enough
service(orders, {}).operation('cancelOrder', { prepare: () => 1 }, async () => ({}))
// @ts-expect-error 'db' is a word of contexts
service(orders, { uses: { db: catalogue } })
// @ts-expect-error a subscription says where it begins
catalogueService.on(orders.events.orderPlaced, { name: 'x' }, () => undefined)

const files = contract('files', {
  version: '1.0.0',
  operations: {
    put: upload({
      access: 'public',
      input: z.object({ id: z.string() }),
      output: z.object({ length: z.int() }),
      maxBytes: 10,
      contentTypes: ['image/png'],
    }),
    putOwn: upload({
      access: owner('id'),
      input: z.object({ id: z.string() }),
      output: z.object({}),
      maxBytes: 10,
      contentTypes: ['image/png'],
    }),
    get: download({
      access: 'public',
      input: z.object({ id: z.string() }),
      contentTypes: ['image/png'],
      errors: { GONE: notFound() },
    }),
  },
})

export const filesService = service(files, {})
  .operation(
    'put',
    { prepare: async (_input, { body }) => body.length },
    async ({ id }, { body, db, publish }, length) => {
      holds<Equal<typeof length, number>>()
      holds<Equal<typeof body.sha256, string>>()
      void [id, db.run, publish]
      return { length }
    },
  )
  .operation('putOwn', { ownerOf: ({ id }) => id }, async () => ({}))
  .operation('get', async ({ id }, { db, errors }) => {
    if (id === '') throw errors.GONE()
    // @ts-expect-error a download only reads
    void db.transaction
    return { contentType: 'image/png', async *read() {} }
  })

// @ts-expect-error 'putOwn' asks for the owner
service(files, {}).operation('putOwn', async () => ({}))
// @ts-expect-error a download gives a way to its bytes
service(files, {}).operation('get', async () => ({ contentType: 'image/png' }))
// @ts-expect-error only an upload has a body
service(catalogue, {}).operation('getProduct', async ({ sku }, { body }) => ({ sku, price: body.length }))

export async function useFiles(client: Client<typeof files>, reader: QueryClient<typeof files>) {
  const { length } = await client.put({ id: 'a' }, { contentType: 'image/png', bytes: Uint8Array.of(1) })
  holds<Equal<typeof length, number>>()
  holds<Equal<Awaited<ReturnType<typeof client.get>>, Download>>()
  // @ts-expect-error an upload has a body
  await client.put({ id: 'a' })
  // @ts-expect-error a client that only reads sends nothing
  void reader.put
}
