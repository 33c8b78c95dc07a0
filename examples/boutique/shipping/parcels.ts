import { sql, type WriteDatabase } from 'archipel'
import { z } from 'zod'

export interface Parcel {
  readonly lines: readonly { readonly number: number; readonly quantity: number }[]
}

const Mispacked = z.object({ number: z.int(), quantity: z.int(), packed: z.int() })
type Mispacked = z.infer<typeof Mispacked>

/** Puts all lines of a shipment into one parcel; nothing can be wrong with that. */
export async function packTogether(db: WriteDatabase, shipmentId: string): Promise<Mispacked[]> {
  await db.run(
    sql`insert into parcel_lines (shipment_id, parcel, line, quantity)
      select shipment_id, 1, number, quantity from shipment_lines where shipment_id = ${shipmentId}`,
  )
  return []
}

/**
 * Puts the lines of a shipment into parcels as the warehouse says.
 * @returns the lines of which more or less would be packed than the order has; when there is none, it is done.
 */
export async function pack(
  db: WriteDatabase,
  shipmentId: string,
  parcels: readonly Parcel[],
): Promise<Mispacked[]> {
  const packed = rowsOf(parcels)
  const wrong = await db.many(
    Mispacked,
    sql`select number, coalesce(l.quantity, 0) as quantity, coalesce(p.packed, 0)::bigint as packed
      from (select number, quantity from shipment_lines where shipment_id = ${shipmentId}) as l
        full join (select number, sum(quantity) as packed from ${packed} group by number) as p using (number)
      where l.quantity is distinct from p.packed order by number`,
  )
  if (wrong.length > 0) return wrong
  await db.run(
    sql`insert into parcel_lines (shipment_id, parcel, line, quantity)
      select ${shipmentId}, parcel, number, sum(quantity) from ${packed} group by parcel, number`,
  )
  return []
}

function rowsOf(parcels: readonly Parcel[]) {
  const rows = parcels.flatMap(({ lines }, index) => lines.map((line) => ({ parcel: index + 1, ...line })))
  return sql`unnest(${rows.map((row) => row.parcel)}::integer[], ${rows.map((row) => row.number)}::integer[],
    ${rows.map((row) => row.quantity)}::bigint[]) as rows (parcel, number, quantity)`
}
