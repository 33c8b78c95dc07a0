import type { Payments } from './by-hand-payments.ts'
import type { OrderToFulfil } from './by-hand-placing.ts'
import { reserve, scheduleShipment } from './by-hand-goods.ts'
import { ask, expectRows, grouped, hashOf, once, type Pools } from './by-hand-database.ts'

interface Step {
  readonly id: string
  readonly step: string
  /** The answers of the steps before. */
  readonly progress: string
}

/** Runs the sagas of this process: each step is sent once it is durable that it will be. */
export function createSaga(
  pools: Pools,
  parts: { readonly payments: Payments; readonly fence: string; readonly published: (type: string) => void },
) {
  const { orders } = pools
  const { payments, fence, published } = parts

  /** A process that sagas were taken from finds none of them. */
  const save = grouped(async (steps: readonly Step[]) => {
    const saved = await ask(
      orders,
      'save',
      `update sagas s set step = n.step, progress = n.progress::json
        from unnest($1::uuid[], $2::text[], $3::text[]) as n (id, step, progress) where s.id = n.id
          and s.id = any($1) and s.fence = $4 returning s.id`,
      [
        steps.map(({ id }) => id),
        steps.map(({ step }) => step),
        steps.map(({ progress }) => progress),
        fence,
      ],
    )
    expectRows(saved, steps.length, 'progress of sagas')
  })

  return async function fulfil(order: OrderToFulfil, correlationId: string): Promise<void> {
    const { orderId, customerId, total, token, address, lines } = order
    const goods = lines.filter(({ stocked }) => stocked)
    const kept = goods.map(({ number, sku, name, quantity }) => ({ number, sku, name, quantity }))
    const progress: Record<string, object> = {}
    const next = (step: string) => save({ id: orderId, step, progress: JSON.stringify(progress) })

    const reserved = await reserve(pools.inventory, orderId, kept, correlationId)
    published('inventory.stockReserved.v1')
    progress['reserveStock'] = reserved
    await next('authorisePayment')
    const payment = { orderId, customerId, amount: total.amount, token }
    const authorised = await payments.authorise(payment, correlationId)
    progress['authorisePayment'] = authorised
    await next('capturePayment')
    const captured = await payments.capture(orderId, correlationId)
    progress['capturePayment'] = captured
    await next('scheduleShipment')
    const parcel = { orderId, customerId, address, lines: kept }
    const shipment = await scheduleShipment(pools.shipping, parcel, correlationId)
    progress['scheduleShipment'] = shipment
    await next('completeOrder')
    await complete(order, {
      times: [reserved.reservedAt, authorised.authorisedAt, captured.capturedAt],
      shipment,
      correlationId,
    })
    published('orders.orderCompleted.v1')
  }

  /** The order's last step and the end of its saga; the news of others that is still on its way is written as well. */
  async function complete(
    { orderId, customerId, total, placedAt, country, lines }: OrderToFulfil,
    reached: {
      readonly times: readonly string[]
      readonly shipment: { readonly shipmentId: string; readonly trackingNumber: string }
      readonly correlationId: string
    },
  ): Promise<void> {
    const { times, shipment, correlationId } = reached
    const key = `${orderId}:completeOrder`
    const inputHash = hashOf({ orderId, times, shipment })
    const claim = { operation: 'completeOrder', principal: 'orders', key, inputHash }
    await once(orders, claim, async () => {
      const completedAt = new Date().toISOString()
      const event = {
        orderId,
        customerId,
        total,
        at: completedAt,
        source: 'shop',
        placedAt,
        country,
        lines,
        shipmentId: shipment.shipmentId,
      }
      const ended = await ask(
        orders,
        'complete',
        `with owned as materialized (
            select id from sagas where id = $1 and fence = $2 and status is not distinct from 'running' for update),
          locked as materialized (
            select o.id, array_position(array['placed', 'reserved', 'authorised', 'paid'], o.status) as passed
              from orders o where o.id = (select id from owned) for update),
          moved as (
            update orders o set status = 'completed', tracking_number = $3 from locked l where o.id = l.id and l.passed > 0
              returning o.id),
          ended as (update sagas set status = 'completed', step = 'end' where id = (select id from moved)),
          history as (
            insert into order_history (order_id, number, status, at)
              select l.id, n.number + 1, n.status, n.at from locked l,
                unnest(array['reserved', 'authorised', 'paid', 'completed'], $4::timestamptz[]) with ordinality as n (status, at, number)
                where n.number >= l.passed),
          answered as (
            insert into answers (operation, principal, key, input_hash, status, answer, correlation_id)
              select 'completeOrder', 'orders', $5, $6, 'answered', $7::json, $8 from moved returning key)
          select bus.append('orders.orderCompleted.v1', m.id::text, $9, $8, $10) from moved m, answered`,
        [
          orderId,
          fence,
          shipment.trackingNumber,
          [...times, completedAt],
          key,
          inputHash,
          JSON.stringify({ completedAt }),
          correlationId,
          completedAt,
          JSON.stringify(event),
        ],
      )
      expectRows(ended, 1, `the end of order ${orderId}`)
    })
  }
}
