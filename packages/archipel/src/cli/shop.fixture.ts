import { z } from 'zod'
import { application } from '../application/index.ts'
import { anyOf, command, conflict, contract, event, owner, page, query, roles } from '../contract/index.ts'
import { activity, saga } from '../saga/index.ts'
import { service } from '../service/index.ts'
import { startTestApplication, type TestApplicationOptions } from '../testing/index.ts'
import { run } from './run.ts'

const Order = z.object({ orderId: z.string() })

const tills = contract('tills', {
  version: '1.2.0',
  operations: {
    charge: command({
      access: 'internal',
      input: z.object({ orderId: z.string(), pence: z.int() }),
      output: z.object({ receipt: z.string() }),
      errors: { CARD_DECLINED: conflict(z.object({ orderId: z.string() })) },
    }),
    mail: command({ access: 'internal', input: Order, output: z.object({ sent: z.boolean() }) }),
  },
  events: { charged: event({ data: Order, key: 'orderId', version: 1 }) },
})

const counters = contract('counters', {
  version: '1.0.0',
  operations: {
    sell: command({
      http: { route: 'POST /sales', status: 201 },
      access: roles('cashier'),
      input: z.object({ orderId: z.string(), pence: z.int(), email: z.string().optional() }),
      output: Order,
    }),
    close: command({
      access: 'internal',
      input: Order,
      output: z.object({}),
    }),
    reopen: command({ access: 'internal', input: Order, output: z.object({}) }),
    countSales: query({
      http: { route: 'GET /sales/count' },
      access: 'public',
      input: z.object({ from: z.int().default(0) }),
      output: z.object({ from: z.int(), sold: z.int() }),
    }),
    listSales: query({
      http: { route: 'GET /sales' },
      access: anyOf(owner('orderId'), roles('cashier')),
      ...page(Order),
    }),
  },
  events: {
    sold: event({
      personal: ['email'],
      data: z.object({ orderId: z.string(), email: z.string().optional() }),
      key: 'orderId',
      version: 1,
    }),
    closed: event({ data: Order, key: 'orderId', version: 1 }),
  },
})

const settle = saga('settle', {
  version: 1,
  input: z.object({ orderId: z.string(), pence: z.int() }),
  uses: { tills, counters },
  retry: { first: '5ms', longest: '20ms' },
})
  .step('close', ({ input: { orderId } }, { counters: own }) => own.close({ orderId }), {
    undo: ({ input: { orderId } }, { counters: own }) => own.reopen({ orderId }),
  })
  .pivot('charge', ({ input }, { tills: till }) => till.charge(input))

/** What the world does to the shop while a test runs. */
export interface World {
  /** Orders whose closing fails for now, so that their saga waits. */
  readonly shut: Set<string>
  /** Orders that the card refuses. */
  readonly declined: Set<string>
  /** Orders of which the listener can't bear the news. */
  readonly poison: Set<string>
  /** Tries that the card processor loses before it answers, by order. */
  readonly lost: Map<string, number>
}

function countersService({ shut }: World) {
  const sold = new Set<string>()
  return service(counters, { sagas: [settle] })
    .operation('sell', async ({ orderId, pence, email }, { publish, start }) => {
      sold.add(orderId)
      publish.sold({ orderId, ...(email !== undefined && { email }) })
      start.settle(orderId, { orderId, pence })
      return { orderId }
    })
    .operation('close', async ({ orderId }, { publish }) => {
      if (shut.has(orderId)) throw new Error('the counter is shut')
      publish.closed({ orderId })
      return {}
    })
    .operation('reopen', async () => ({}))
    .operation('countSales', async ({ from }) => ({ from, sold: sold.size }))
    .operation('listSales', async () => ({ items: [], next: null }))
}

function tillsService({ declined, lost }: World) {
  const charge = activity('charge', {
    input: tills.operations.charge.input,
    output: tills.operations.charge.output,
    errors: tills.operations.charge.errors,
    events: tills.events,
  })
    .intend(async ({ orderId }) => ({ orderId }))
    .effect(async ({ orderId }) => {
      const left = lost.get(orderId) ?? 0
      lost.set(orderId, left - 1)
      if (left > 0) throw new Error('the processor did not answer')
      return { receipt: declined.has(orderId) ? '' : `receipt of ${orderId}` }
    })
    .settle(async ({ receipt }, { input: { orderId }, errors, publish }) => {
      if (receipt === '') throw errors.CARD_DECLINED({ orderId })
      publish.charged({ orderId })
      return { receipt }
    })
  const mail = activity('mail', {
    input: tills.operations.mail.input,
    output: tills.operations.mail.output,
    repeat: 'never',
  })
    .intend(async ({ orderId }) => ({ orderId }))
    .effect(async ({ orderId }) => {
      if (declined.has(orderId)) throw new Error('the line went dead')
      return { sent: true }
    })
    .settle(async ({ sent }) => ({ sent }))
  return service(tills, { activities: [charge, mail] })
    .operation('charge', charge)
    .operation('mail', mail)
}

/** Keeps books of what it hears, and chokes on what is poison. */
function ledgerService({ poison }: World) {
  return service(contract('ledger', { version: '1.0.0', operations: {} }), {}).on(
    [counters.events.sold, counters.events.closed],
    { name: 'book', from: 'start', retry: { attempts: 2, first: '1ms', longest: '1ms' } },
    async ({ data }) => {
      if (poison.has(data.orderId)) throw new Error(`${data.orderId} can't be booked`)
    },
  )
}

/** A small shop that runs, and the command as an operator of it uses it. */
export async function openShop(options: TestApplicationOptions = {}) {
  const world: World = { shut: new Set(), declined: new Set(), poison: new Set(), lost: new Map() }
  const running = await startTestApplication(
    application('corner', { services: [countersService(world), tillsService(world), ledgerService(world)] }),
    options,
  )
  const cashier = { id: 'cara', roles: ['cashier'], scopes: [] }
  return {
    running,
    world,
    /** @returns the id of the order, a key that nobody else uses. */
    async sell(orderId: string, email?: string): Promise<void> {
      await running
        .client(counters, { principal: cashier, idempotencyKey: `sale-${orderId}` })
        .sell({ orderId, pence: 250, ...(email !== undefined && { email }) })
    },
    /** Sends a mail, and waits a moment for what becomes of it. */
    mail: (orderId: string) => running.client(tills).try.mail({ orderId }, { deadline: '500ms' }),
    archipel: (...argv: string[]) => archipel(argv, { ARCHIPEL_DATA: running.dataFolder }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the command in this process. */
export async function archipel(
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  { workingFolder = '/', standardInput = '' } = {},
): Promise<Ran> {
  const ran = { out: '', errors: '' }
  const code = await run(argv, {
    stdout: { write: (text) => void (ran.out += text) },
    stderr: { write: (text) => void (ran.errors += text) },
    variables: { ARCHIPEL_WHO: 'olga', ...variables },
    workingFolder,
    standardInput: async () => standardInput,
  })
  return { code, ...ran }
}
