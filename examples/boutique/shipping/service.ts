import { service } from 'archipel'
import { pageById } from '../shared.ts'
import { shipping } from './contract.ts'
import { insertShipment, lockShipment, move, scheduledOf } from './moves.ts'
import { pack, packTogether } from './parcels.ts'
import { findShipment, shipmentsAfter } from './reads.ts'

export const shippingService = service(shipping, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation('listShipments', async ({ status, limit, cursor }, { db }) => {
    return pageById(await shipmentsAfter(db, { status, after: cursor, limit: limit + 1 }), limit)
  })
  .operation('getShipment', async ({ id }, { db, errors }) => {
    const shipment = await findShipment(db, { id })
    if (!shipment) throw errors.SHIPMENT_NOT_FOUND()
    return shipment
  })
  .operation('getShipmentOfOrder', async ({ orderId }, { db, errors }) => {
    const shipment = await findShipment(db, { orderId })
    if (!shipment) throw errors.SHIPMENT_NOT_FOUND()
    return shipment
  })
  .operation('scheduleShipment', async (order, { db, publish, id, now }) => {
    const scheduled = await insertShipment(db, { ...order, id: id(), scheduledAt: now() })
    if (scheduled) publish.shipmentScheduled(scheduled)
    const { shipmentId, trackingNumber, at } = scheduled ?? (await scheduledOf(db, order.orderId))
    return { shipmentId, trackingNumber, scheduledAt: at }
  })
  .operation('dispatch', async ({ id, parcels }, { db, publish, errors, now }) => {
    const shipment = await lockShipment(db, { id })
    if (!shipment) throw errors.SHIPMENT_NOT_FOUND()
    if (shipment.status !== 'ready') throw errors.WRONG_STATUS({ status: shipment.status })
    const wrong = parcels ? await pack(db, id, parcels) : await packTogether(db, id)
    if (wrong.length > 0) throw errors.PARCELS_WRONG({ lines: wrong })
    const moved = await move(db, shipment, 'dispatched', now())
    publish.shipmentDispatched(moved)
    return { id, status: 'dispatched', trackingNumber: moved.trackingNumber, at: moved.at }
  })
  .operation('confirmDelivery', async ({ id }, { db, publish, errors, now }) => {
    const shipment = await lockShipment(db, { id })
    if (!shipment) throw errors.SHIPMENT_NOT_FOUND()
    if (shipment.status !== 'dispatched') throw errors.WRONG_STATUS({ status: shipment.status })
    const moved = await move(db, shipment, 'delivered', now())
    publish.shipmentDelivered(moved)
    return { id, status: 'delivered', trackingNumber: moved.trackingNumber, at: moved.at }
  })
  .operation('recallShipment', async ({ orderId }, { db, publish, errors, now }) => {
    const shipment = await lockShipment(db, { orderId })
    if (!shipment) throw errors.SHIPMENT_NOT_FOUND()
    if (shipment.recalledAt !== null) return { recalledAt: shipment.recalledAt }
    if (shipment.status !== 'ready') throw errors.ALREADY_DISPATCHED()
    const moved = await move(db, shipment, 'recalled', now())
    publish.shipmentRecalled(moved)
    return { recalledAt: moved.at }
  })
  .operation('reinstateShipment', async ({ orderId }, { db, publish, now }) => {
    const shipment = await lockShipment(db, { orderId })
    if (shipment?.status !== 'recalled') return { reinstated: false }
    publish.shipmentReinstated(await move(db, shipment, 'ready', now()))
    return { reinstated: true }
  })
