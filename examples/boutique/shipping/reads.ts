import { sql, type Queryable } from 'archipel'
import { Shipment, ShipmentSummary, type ShipmentStatus } from './contract.ts'
import { given, ofKind, where } from '../where.ts'

const summary = sql`s.id, s.order_id as "orderId", s.customer_id as "customerId", s.status,
  s.tracking_number as "trackingNumber", s.scheduled_at as "scheduledAt"`

/** The whole shipment by one statement, so that status and parcels are of one moment. */
export function findShipment(
  db: Queryable,
  which: { readonly id: string } | { readonly orderId: string },
): Promise<Shipment | undefined> {
  return db.maybeOne(
    Shipment,
    sql`select ${summary}, s.address, s.dispatched_at as "dispatchedAt", s.delivered_at as "deliveredAt",
        s.recalled_at as "recalledAt",
        (select coalesce(json_agg(json_build_object('number', l.number, 'sku', l.sku, 'name', l.name,
            'quantity', l.quantity) order by l.number), '[]')
          from shipment_lines l where l.shipment_id = s.id) as lines,
        (select coalesce(json_agg(json_build_object('number', p.parcel, 'lines', p.lines) order by p.parcel), '[]')
          from (select parcel, json_agg(json_build_object('number', line, 'quantity', quantity) order by line) as lines
            from parcel_lines where shipment_id = s.id group by parcel) as p) as parcels
      from shipments s where ${'id' in which ? sql`s.id = ${which.id}` : sql`s.order_id = ${which.orderId}`}`,
  )
}

/** The oldest first: ids are drawn in the order of time. */
export function shipmentsAfter(
  db: Queryable,
  { status, after, limit }: { status: ShipmentStatus | undefined; after: string | undefined; limit: number },
): Promise<ShipmentSummary[]> {
  return db.many(
    ShipmentSummary,
    status === undefined
      ? sql`select ${summary} from shipments s ${where(given(after, (id) => sql`s.id > ${id}::uuid`))}
          order by s.id limit ${limit}`
      : sql`select ${summary} from shipments s where ${ofKind(sql`s.status, s.id`, status, { after })}
          order by s.status, s.id limit ${limit}`,
  )
}
