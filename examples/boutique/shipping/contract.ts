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
} from 'archipel'
import { z } from 'zod'
import { Address, Id, Instant, Quantity, Sku } from '../shared.ts'

/** `ready → dispatched → delivered`; what is called back before it left ends `recalled`. */
export const ShipmentStatus = z.enum(['ready', 'dispatched', 'delivered', 'recalled'])
export type ShipmentStatus = z.infer<typeof ShipmentStatus>

/** A line of the order, with the number it has there. */
const ShipmentLine = z.object({
  number: z.int().min(1).max(1_000),
  sku: Sku,
  name: z.string(),
  quantity: z.int(),
})
const Packed = z.object({ number: z.int().min(1).max(1_000), quantity: Quantity })

export const ShipmentSummary = z.object({
  id: Id,
  orderId: Id,
  customerId: Id,
  status: ShipmentStatus,
  trackingNumber: z.string(),
  scheduledAt: Instant,
})
export type ShipmentSummary = z.infer<typeof ShipmentSummary>
export const Shipment = ShipmentSummary.extend({
  /** Null: collected at the warehouse. */
  address: Address.nullable(),
  lines: z.array(ShipmentLine),
  /** What lies in which parcel, by number of line; none before it is dispatched. */
  parcels: z.array(z.object({ number: z.int(), lines: z.array(Packed) })),
  dispatchedAt: Instant.nullable(),
  deliveredAt: Instant.nullable(),
  recalledAt: Instant.nullable(),
})
export type Shipment = z.infer<typeof Shipment>
const Moved = ShipmentSummary.pick({ id: true, status: true, trackingNumber: true }).extend({ at: Instant })
const Change = z.object({ orderId: Id, shipmentId: Id, trackingNumber: z.string(), at: Instant })

const SHIPMENT_NOT_FOUND = notFound()
/** The shipment is elsewhere on its way than the request supposes. */
const WRONG_STATUS = conflict(z.object({ status: ShipmentStatus }))
const inTheWarehouse = roles('warehouse')

export const shipping = contract('shipping', {
  version: '1.0.0',
  operations: {
    listShipments: query({
      summary: 'Shipments, the longest waiting first; of one status if it is given',
      http: { route: 'GET /shipments' },
      access: roles('warehouse', 'support'),
      ...page(ShipmentSummary, { status: ShipmentStatus.optional() }, { cursor: Id }),
    }),
    getShipment: query({
      http: { route: 'GET /shipments/{id}' },
      access: roles('warehouse', 'support'),
      input: z.object({ id: Id }),
      output: Shipment,
      errors: { SHIPMENT_NOT_FOUND },
    }),
    getShipmentOfOrder: query({
      summary: 'Where the goods of an order are',
      http: { route: 'GET /orders/{orderId}/shipment' },
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ orderId: Id }),
      output: Shipment,
      errors: { SHIPMENT_NOT_FOUND },
    }),
    dispatch: command({
      summary: 'The goods leave the house; say what lies in which parcel if there are several',
      http: { route: 'POST /shipments/{id}/dispatch' },
      access: inTheWarehouse,
      input: z.object({
        id: Id,
        parcels: z
          .array(z.object({ lines: z.array(Packed).min(1).max(1_000) }))
          .min(1)
          .max(100)
          .optional(),
      }),
      output: Moved,
      errors: {
        SHIPMENT_NOT_FOUND,
        WRONG_STATUS,
        PARCELS_WRONG: refused(
          z.object({
            lines: z.array(z.object({ number: z.int(), quantity: z.int(), packed: z.int() })),
          }),
        ),
      },
    }),
    confirmDelivery: command({
      summary: 'The goods have arrived',
      http: { route: 'POST /shipments/{id}/delivery' },
      access: inTheWarehouse,
      input: z.object({ id: Id }),
      output: Moved,
      errors: { SHIPMENT_NOT_FOUND, WRONG_STATUS },
    }),
    scheduleShipment: command({
      summary: 'Have the goods of a paid order sent; once for each order, however often it is asked for',
      access: 'internal',
      input: z.object({
        orderId: Id,
        customerId: Id,
        address: Address.nullable(),
        lines: z.array(ShipmentLine).max(1_000),
      }),
      output: z.object({ shipmentId: Id, trackingNumber: z.string(), scheduledAt: Instant }),
    }),
    recallShipment: command({
      summary: 'Keep the goods of an order in the house',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ recalledAt: Instant }),
      errors: { SHIPMENT_NOT_FOUND, ALREADY_DISPATCHED: conflict() },
    }),
    reinstateShipment: command({
      summary: 'Have goods sent after all that were recalled',
      access: 'internal',
      input: z.object({ orderId: Id }),
      output: z.object({ reinstated: z.boolean() }),
    }),
  },
  events: {
    shipmentScheduled: event({ data: Change, key: 'orderId', version: 1 }),
    shipmentDispatched: event({ data: Change, key: 'orderId', version: 1 }),
    shipmentDelivered: event({ data: Change, key: 'orderId', version: 1 }),
    shipmentRecalled: event({ data: Change, key: 'orderId', version: 1 }),
    shipmentReinstated: event({ data: Change, key: 'orderId', version: 1 }),
  },
})
