import { z } from 'zod'
import { command, contract, query, refused } from '../../contract/index.ts'
import { saga } from '../definition/saga.ts'

/** Contracts and a saga for the tests of this room. */
const Order = z.object({ orderId: z.string() })

export const inventory = contract('inventory', {
  version: '1.0.0',
  operations: {
    reserve: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), quantity: z.int() }),
      output: z.object({ reservedAt: z.string() }),
      errors: { OUT_OF_STOCK: refused() },
    }),
    release: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), reservedAt: z.string().optional() }),
      output: z.object({}),
    }),
    getStock: query({
      access: 'internal',
      input: z.object({ sku: z.string() }),
      output: z.object({ available: z.int() }),
    }),
  },
})

export const payments = contract('payments', {
  version: '2.1.0',
  operations: {
    authorise: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), reservedAt: z.string() }),
      output: z.object({ authorisation: z.string() }),
    }),
    voidPayment: command({ access: 'internal', input: Order, output: z.object({}) }),
    capture: command({ access: 'internal', input: Order, output: z.object({ capturedAt: z.string() }) }),
  },
})

export const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    completeOrder: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), capturedAt: z.string() }),
      output: z.object({}),
    }),
    rejectOrder: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), code: z.string() }),
      output: z.object({}),
    }),
  },
})

export const OrderToFulfil = z.object({ orderId: z.string(), quantity: z.int().default(1) })

export const fulfilOrder = saga('fulfilOrder', {
  version: 1,
  input: OrderToFulfil,
  uses: { inventory, payments, orders },
})
  .undone(({ input, failure }, { orders }) =>
    orders.rejectOrder({ orderId: input.orderId, code: failure.code }),
  )
  .step(
    'reserveStock',
    ({ input }, { inventory }) => inventory.reserve({ orderId: input.orderId, quantity: input.quantity }),
    {
      undo: ({ input, reserveStock }, { inventory }) =>
        inventory.release({ orderId: input.orderId, reservedAt: reserveStock?.reservedAt }),
    },
  )
  .step(
    'authorise',
    ({ input, reserveStock }, { payments }) =>
      payments.authorise({ orderId: input.orderId, reservedAt: reserveStock.reservedAt }),
    {
      undo: ({ input }, { payments }) => payments.voidPayment({ orderId: input.orderId }),
      deadline: '30s',
    },
  )
  .pivot('capture', ({ input }, { payments }) => payments.capture({ orderId: input.orderId }))
  .step('completeOrder', ({ input, capture }, { orders }) =>
    orders.completeOrder({ orderId: input.orderId, capturedAt: capture.capturedAt }),
  )
