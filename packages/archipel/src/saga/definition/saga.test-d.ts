import { expectTypeOf, test } from 'vitest'
import { inventory, orders, OrderToFulfil, payments } from '../machine/example.fixture.ts'
import { saga } from './saga.ts'

const start = saga('fulfil', { version: 1, input: OrderToFulfil, uses: { inventory, payments, orders } })

test('infers the input as the schema gives it, results of earlier steps and the own result of an undo', () => {
  start
    .step(
      'reserve',
      ({ input }, clients) => (
        expectTypeOf(input.quantity).toEqualTypeOf<number>(),
        clients.inventory.reserve({ orderId: input.orderId, quantity: 1 })
      ),
      {
        undo: ({ reserve, failure }, clients) => {
          expectTypeOf(reserve).toEqualTypeOf<{ reservedAt: string } | undefined>()
          expectTypeOf(failure.code).toEqualTypeOf<string>()
          return clients.inventory.release({ orderId: 'a' })
        },
      },
    )
    .pivot(
      'capture',
      ({ reserve }, clients) => (
        expectTypeOf(reserve.reservedAt).toEqualTypeOf<string>(),
        clients.payments.capture({ orderId: 'a' })
      ),
    )
    .step('complete', ({ capture }, clients) =>
      clients.orders.completeOrder({ orderId: 'a', capturedAt: capture.capturedAt }),
    )
})

test('refuses what a saga can not do', () => {
  // @ts-expect-error a query is no step
  start.step('look', (_state, clients) => clients.inventory.getStock({ sku: 'a' }))
  // @ts-expect-error the input does not fit
  start.step('reserve', (_state, clients) => clients.inventory.reserve({ orderId: 'a', quantity: 'many' }))
  // @ts-expect-error no such step before
  start.step('reserve', ({ later }, clients) => clients.inventory.reserve({ orderId: later, quantity: 1 }))
  // @ts-expect-error two calls
  start.step('both', (_state, clients) => [
    clients.inventory.release({ orderId: 'a' }),
    clients.inventory.release({ orderId: 'a' }),
  ])
  // @ts-expect-error a function of a step does nothing itself
  start.step('slow', async (_state, clients) => clients.inventory.release({ orderId: 'a' }))
  // @ts-expect-error a service that the saga does not use
  start.step('ship', (_state, clients) => clients.shipping.ship({}))
  start.step('reserve', (_state, clients) => clients.inventory.release({ orderId: 'a' }), {
    // @ts-expect-error the undo goes to the service of its step
    undo: (_state, clients) => clients.payments.voidPayment({ orderId: 'a' }),
  })
  start.pivot('capture', (_state, clients) => clients.payments.capture({ orderId: 'a' }), {
    // @ts-expect-error the pivot has no undo
    undo: () => undefined,
  })
  start.pivot('capture', (_state, clients) => clients.payments.capture({ orderId: 'a' }), {
    // @ts-expect-error and no deadline
    deadline: '1s',
  })
})
