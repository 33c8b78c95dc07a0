import { command, conflict, contract, event, notFound, query, refused, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant, Quantity, Sku } from '../shared.ts'

/** received = available + reserved + sold, at every moment. */
export const Stock = z.object({
  sku: Sku,
  received: z.int(),
  available: z.int(),
  reserved: z.int(),
  sold: z.int(),
})
const Lines = z
  .array(z.object({ sku: Sku, quantity: Quantity }))
  .min(1)
  .max(1_000)
const Shortage = z.object({ sku: Sku, requested: z.int(), available: z.int() })
const SKU_UNKNOWN = notFound(z.object({ sku: Sku }))

export const inventory = contract('inventory', {
  version: '1.0.0',
  operations: {
    getStock: query({
      http: { route: 'GET /stock/{sku}' },
      access: 'public',
      input: z.object({ sku: Sku }),
      output: Stock,
      errors: { SKU_UNKNOWN },
    }),
    receiveStock: command({
      summary: 'Goods came in',
      http: { route: 'POST /stock/{sku}/receipts', status: 201 },
      access: roles('merchandiser'),
      input: z.object({ sku: Sku, quantity: Quantity }),
      output: Stock,
      errors: { SKU_UNKNOWN },
    }),
    reserve: command({
      summary: 'Set goods aside for an order: all of them or none',
      access: 'internal',
      input: z.object({ orderId: Id, lines: Lines }),
      output: z.object({ orderId: Id, reservedAt: Instant }),
      errors: { OUT_OF_STOCK: refused(z.object({ shortages: z.array(Shortage) })) },
    }),
    release: command({
      summary: 'Put back what was set aside for an order',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ released: z.boolean() }),
      errors: { ALREADY_SOLD: conflict(z.object({ orderId: Id })) },
    }),
  },
  events: {
    stockReceived: event({ data: z.object({ sku: Sku, quantity: z.int() }), key: 'sku', version: 1 }),
    stockReserved: event({
      data: z.object({ orderId: Id, reservedAt: Instant }),
      key: 'orderId',
      version: 1,
    }),
    stockReleased: event({ data: z.object({ orderId: Id }), key: 'orderId', version: 1 }),
    stockSold: event({ data: z.object({ orderId: Id }), key: 'orderId', version: 1 }),
  },
})
