import { randomUUIDv7 } from 'node:crypto'
import type { Pool } from 'pg'
import type { ProviderClient, ProviderOutcome } from '../../examples/boutique/payments/provider-client.ts'
import { ask, expectRows, grouped, hashOf, once } from './by-hand-database.ts'

const EVENTS = { authorise: 'payments.paymentAuthorised.v1', capture: 'payments.paymentCaptured.v1' } as const
const STATUSES = { authorise: 'authorised', capture: 'captured' } as const

interface Payment {
  readonly paymentId: string
  readonly orderId: string
  readonly amount: number
}

interface Settlement extends Payment {
  readonly operation: keyof typeof EVENTS
  readonly outcome: ProviderOutcome & { status: 'done' }
  readonly answer: object
  readonly correlationId: string
}

export interface PaymentRequest {
  readonly orderId: string
  readonly customerId: string
  readonly amount: number
  readonly token: string
}

export type Payments = ReturnType<typeof createPayments>

/**
 * Each call is durable before it leaves, as an answer that is at work, and its outcome after it. Who repeats a key
 * that is at work would ask the processor again, which knows the key as well.
 */
export function createPayments(pool: Pool, provider: ProviderClient, published: (type: string) => void) {
  const patience = new AbortController().signal

  /** Outcomes that come together are written together: payment, answer and event, each row only with the others. */
  const settle = grouped(async (settlements: readonly Settlement[]) => {
    const rows = settlements.map(({ operation, orderId, paymentId, amount, outcome, ...rest }) => ({
      operation,
      key: `${orderId}:${operation}`,
      order_id: orderId,
      status: STATUSES[operation],
      authorisation_id: operation === 'authorise' ? outcome.id : null,
      type: EVENTS[operation],
      data: { orderId, paymentId, amount: { amount, currency: 'GBP' }, at: outcome.at },
      at: outcome.at,
      effect: outcome,
      ...rest,
    }))
    // `any`: by the keys alone, also where it was planned while the tables were empty.
    const settled = await ask(
      pool,
      'settle',
      `with outcomes as materialized (
          select * from json_to_recordset($1::json) as o (operation text, key text, order_id uuid, status text,
            authorisation_id text, type text, data jsonb, at timestamptz, effect json, answer json, "correlationId" text)),
        answered as (
          update answers a set status = 'answered', answer = o.answer, effect = o.effect, at = now()
            from outcomes o where a.operation = o.operation and a.principal = 'orders' and a.key = o.key
              and a.operation in ('authorise', 'capture') and a.key = any($2) and a.status is not distinct from 'working'
            returning o.order_id, o.status, o.authorisation_id, o.type, o.at, o."correlationId", o.data),
        paid as (
          update payments p set status = a.status, authorisation_id = coalesce(a.authorisation_id, p.authorisation_id)
            from answered a where p.order_id = a.order_id and p.order_id = any($3) returning a.*)
        select bus.append(type, order_id::text, at, "correlationId", data) from paid`,
      [JSON.stringify(rows), rows.map(({ key }) => key), rows.map((row) => row.order_id)],
    )
    expectRows(settled, rows.length, 'outcomes of payments')
    for (const { type } of rows) published(type)
  })

  async function authorise(request: PaymentRequest, correlationId: string) {
    const { orderId, customerId, amount, token } = request
    const claim = claimOf('authorise', orderId, request)
    return once(pool, claim, async () => {
      const paymentId = randomUUIDv7()
      await ask(
        pool,
        'authorise',
        `with claimed as (
            insert into answers (operation, principal, key, input_hash, status, correlation_id)
              values ('authorise', 'orders', $1, $2, 'working', $3))
          insert into payments (id, order_id, customer_id, amount, currency, status, authorisation_key, created_at)
            values ($4, $5, $6, $7, 'GBP', 'pending', $1, now())`,
        [claim.key, claim.inputHash, correlationId, paymentId, orderId, customerId, amount],
      )
      const outcome = done(
        await provider.authorise(
          claim.key,
          { amount: { amount, currency: 'GBP' }, token, reference: orderId },
          patience,
        ),
      )
      const answer = { paymentId, authorisedAt: outcome.at }
      await settle({ operation: 'authorise', paymentId, orderId, amount, outcome, answer, correlationId })
      return answer
    })
  }

  async function capture(orderId: string, correlationId: string) {
    const claim = claimOf('capture', orderId, { orderId })
    return once(pool, claim, async () => {
      const rows = await ask<{ id: string; authorisation_id: string; amount: string }>(
        pool,
        'capture',
        `with payment as materialized (
            select id, authorisation_id, amount from payments
              where order_id = $4 and status is not distinct from 'authorised' for update),
          claimed as (
            insert into answers (operation, principal, key, input_hash, status, correlation_id)
              select 'capture', 'orders', $1, $2, 'working', $3 from payment)
          select id, authorisation_id, amount from payment`,
        [claim.key, claim.inputHash, correlationId, orderId],
      )
      const [payment] = rows
      if (!payment) throw new Error(`nothing is authorised for order ${orderId}`)
      const { id: paymentId, authorisation_id: authorisationId } = payment
      const amount = Number(payment.amount)
      const outcome = done(
        await provider.capture(claim.key, { authorisationId, amount: { amount, currency: 'GBP' } }, patience),
      )
      const answer = { paymentId, capturedAt: outcome.at }
      await settle({ operation: 'capture', paymentId, orderId, amount, outcome, answer, correlationId })
      return answer
    })
  }

  return { authorise, capture }
}

function claimOf(operation: keyof typeof EVENTS, orderId: string, input: object) {
  return { operation, principal: 'orders', key: `${orderId}:${operation}`, inputHash: hashOf(input) }
}

function done(outcome: ProviderOutcome): Settlement['outcome'] {
  if (outcome.status === 'refused') throw new Error(`the card processor refused: ${outcome.reason}`)
  return outcome
}
