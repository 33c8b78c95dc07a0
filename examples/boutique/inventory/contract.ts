import { command, conflict, contract, event, notFound, page, query, refused, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant, Quantity, Sku, textLine } from '../shared.ts'

/** received + corrections = available + reserved + sold + writtenOff, at every moment. */
export const Stock = z.object({
  sku: Sku,
  received: z.int(),
  corrections: z.int(),
  available: z.int(),
  reserved: z.int(),
  sold: z.int(),
  writtenOff: z.int(),
  lowAt: z.int().nullable(),
})
export type Stock = z.infer<typeof Stock>

/** Pieces that came into the house (+) or left it (-). Goods that are written off came back first. */
export const Movement = z.object({
  number: z.int(),
  kind: z.enum(['receipt', 'correction', 'sale', 'restock', 'return', 'writeOff']),
  quantity: z.int(),
  reason: z.string().nullable(),
  reference: z.string().nullable(),
  note: z.string().nullable(),
  at: Instant,
})
const MovementNumber = z.string().regex(/^\d{1,15}$/)

/** Why what is on the shelf is not what the books say. */
const CorrectionReason = z.enum(['counted', 'found', 'damaged', 'lost', 'stolen', 'expired'])
const ReceiptReason = z.enum(['delivery', 'production', 'transfer'])
/** What becomes of goods that a customer sent back. */
const Disposition = z.enum(['restock', 'writeOff'])

const HIGHEST_QUANTITY = 100_000
const Change = z
  .int()
  .min(-HIGHEST_QUANTITY)
  .max(HIGHEST_QUANTITY)
  .refine((quantity) => quantity !== 0, 'a correction of 0 pieces corrects nothing')
const Lines = z.array(z.object({ sku: Sku, quantity: Quantity })).max(1_000)
const Shortage = z.object({ sku: Sku, requested: z.int(), available: z.int() })
const Opening = z.object({ sku: Sku, quantity: Quantity })

const SKU_UNKNOWN = notFound(z.object({ sku: Sku }))
const NOT_STOCKED = refused(z.object({ sku: Sku }))
const inTheWarehouse = roles('merchandiser', 'warehouse')
const staff = roles('merchandiser', 'warehouse', 'operator')

export const inventory = contract('inventory', {
  version: '1.1.0',
  operations: {
    getStock: query({
      http: { route: 'GET /stock/{sku}' },
      access: 'public',
      input: z.object({ sku: Sku }),
      output: Stock,
      errors: { SKU_UNKNOWN },
    }),
    listStock: query({
      summary: 'Stock by SKU, or that which runs low',
      http: { route: 'GET /stock' },
      access: staff,
      ...page(Stock, { low: z.boolean().optional() }, { cursor: Sku }),
    }),
    listMovements: query({
      summary: 'What came in and went out of one SKU, the latest first',
      http: { route: 'GET /stock/{sku}/movements' },
      access: staff,
      ...page(Movement, { sku: Sku }, { cursor: MovementNumber }),
    }),
    receiveStock: command({
      summary: 'Goods came in',
      http: { route: 'POST /stock/{sku}/receipts', status: 201 },
      access: inTheWarehouse,
      input: z.object({
        sku: Sku,
        quantity: Quantity,
        reason: ReceiptReason.default('delivery'),
        reference: textLine(100).optional(),
      }),
      output: Stock,
      errors: { SKU_UNKNOWN, NOT_STOCKED },
    }),
    correctStock: command({
      summary: 'What is on the shelf is more or less than the books say; never less than nothing',
      http: { route: 'POST /stock/{sku}/corrections', status: 201 },
      access: inTheWarehouse,
      input: z.object({
        sku: Sku,
        quantity: Change,
        reason: CorrectionReason,
        note: textLine(500).optional(),
      }),
      output: Stock,
      errors: {
        SKU_UNKNOWN,
        MORE_THAN_AVAILABLE: refused(z.object({ sku: Sku, available: z.int() })),
      },
    }),
    setLowStock: command({
      summary: 'From how many available pieces on a SKU counts as low; null is never',
      http: { route: 'PUT /stock/{sku}/low' },
      access: inTheWarehouse,
      input: z.object({ sku: Sku, lowAt: z.int().min(0).max(HIGHEST_QUANTITY).nullable() }),
      output: Stock,
      errors: { SKU_UNKNOWN },
    }),
    importStock: command({
      summary: 'The opening stock of a SKU, once for each SKU and trader',
      http: { route: 'POST /trade/stock', status: 201 },
      access: roles('trade'),
      input: Opening,
      output: Opening,
      errors: { SKU_UNKNOWN, NOT_STOCKED, OPENING_TAKEN: conflict(Opening) },
    }),
    reserve: command({
      summary: 'Set goods aside for an order: all of them or none; an order of no goods needs none',
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
    restock: command({
      summary: 'Put the goods of an order back that was paid and never left the house',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ restocked: z.boolean() }),
    }),
    takeBack: command({
      summary:
        'Goods of an order came back: onto the shelf, or written off; those that have no stock are passed over',
      access: 'internal',
      input: z.object({
        returnId: Id,
        orderId: Id,
        lines: z.array(z.object({ sku: Sku, quantity: Quantity, disposition: Disposition })).max(1_000),
      }),
      output: z.object({ returnId: Id, takenBackAt: Instant }),
      errors: {
        NOT_SOLD: conflict(z.object({ orderId: Id })),
        MORE_THAN_SOLD: refused(z.object({ sku: Sku, quantity: z.int(), left: z.int() })),
      },
    }),
  },
  events: {
    stockReceived: event({ data: z.object({ sku: Sku, quantity: z.int() }), key: 'sku', version: 1 }),
    stockCorrected: event({
      data: z.object({ sku: Sku, quantity: z.int(), reason: CorrectionReason }),
      key: 'sku',
      version: 1,
    }),
    /** Once each time that what is available falls to the mark, not with each sale below it. */
    stockLow: event({
      data: z.object({ sku: Sku, available: z.int(), lowAt: z.int(), at: Instant }),
      key: 'sku',
      version: 1,
    }),
    stockReserved: event({
      data: z.object({ orderId: Id, reservedAt: Instant }),
      key: 'orderId',
      version: 1,
    }),
    stockReleased: event({ data: z.object({ orderId: Id }), key: 'orderId', version: 1 }),
    stockSold: event({ data: z.object({ orderId: Id }), key: 'orderId', version: 1 }),
    stockRestocked: event({ data: z.object({ orderId: Id }), key: 'orderId', version: 1 }),
    stockTakenBack: event({ data: z.object({ orderId: Id, returnId: Id }), key: 'orderId', version: 1 }),
  },
})
