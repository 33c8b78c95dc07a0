import type { Finding, WholeDatabase } from '../finding.ts'
import { compare } from './compare.ts'

/** State and event are one transaction: for each state in a table there must be so many events of a type under a key. */
const DUE = [
  `select 'orders.orderPlaced.v1', id, 1 from orders.orders`,
  ...['completed', 'rejected', 'cancelled', 'dispatched', 'delivered', 'refunded'].map(
    (status) =>
      `select 'orders.order${capital(status)}.v1', order_id, 1 from orders.order_history where status = '${status}'`,
  ),
  `select 'orders.returnRefunded.v1', order_id, count(*) from orders.returns where status = 'refunded' group by order_id`,
  `select 'credits.creditNoteIssued.v1', id, 1 from credits.credit_notes`,
  `select 'credits.creditNote' || initcap(status) || '.v1', id, 1 from credits.credit_notes where status <> 'issued'`,
  `select 'payments.paymentCaptured.v1', order_id, 1 from payments.payments where status = 'captured'`,
  `select 'payments.paymentVoided.v1', order_id, 1 from payments.payments where status = 'voided'`,
  `select 'payments.paymentRefunded.v1', order_id, count(*) from payments.refunds where status = 'refunded' group by order_id`,
  `select 'payments.cardCredited.v1', credit_note_id, 1 from payments.credits where status = 'credited'`,
  `select 'inventory.stockReserved.v1', order_id, 1 from inventory.reservations`,
  `select 'inventory.stockReleased.v1', order_id, 1 from inventory.reservations where status = 'released'`,
  `select 'inventory.stockRestocked.v1', order_id, 1 from inventory.reservations where status = 'restocked'`,
  `select 'inventory.stockTakenBack.v1', order_id, count(*) from inventory.take_backs group by order_id`,
  `select 'shipping.shipmentScheduled.v1', order_id, 1 from shipping.shipments`,
  `select 'shipping.shipmentDispatched.v1', order_id, 1 from shipping.shipments where dispatched_at is not null`,
  `select 'shipping.shipmentDelivered.v1', order_id, 1 from shipping.shipments where delivered_at is not null`,
].join(' union all ')
const WRITTEN = 'select type, key, count(*) as events from archipel_bus.log group by type, key'

export async function eventsAgreeWithState(database: WholeDatabase): Promise<Finding> {
  return compare(database, {
    what: 'events are what states say',
    sort: 'lost',
    of: DUE,
    wrong: `with due (type, key, events) as (${DUE}), types as (select distinct type from due)
      select coalesce(d.type, w.type) || ' of ' || coalesce(d.key::text, w.key) || ': ' || coalesce(d.events, 0) || ' by its state, '
          || coalesce(w.events, 0) || ' in the log' as text
        from due d full join (${WRITTEN}) w on w.type = d.type and w.key = d.key::text
        where d.events is distinct from w.events and coalesce(d.type, w.type) in (select type from types)`,
  })
}

/** The audit service writes a row for each event that it handles, with nothing to stop a second one. */
export async function eventsWereHandled(database: WholeDatabase): Promise<Finding[]> {
  const events = `select (l.event ->> 'id')::uuid as event_id, l.type from archipel_bus.log l
    where l.type = any (select distinct unnest(types) from archipel_bus.subscriptions where service = 'audit')`
  return [
    await compare(database, {
      what: 'every event was handled',
      sort: 'lost',
      of: events,
      wrong: `select e.type || ' ' || e.event_id || ' was never handled' as text from (${events}) e
        where not exists (select from audit.handled h where h.event_id = e.event_id)`,
    }),
    await compare(database, {
      what: 'no event was handled twice',
      sort: 'doubled',
      of: events,
      wrong: `select h.type || ' ' || h.event_id || ' was handled ' || count(*) || ' times' as text from audit.handled h
        group by h.type, h.event_id having count(*) > 1`,
    }),
  ]
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
