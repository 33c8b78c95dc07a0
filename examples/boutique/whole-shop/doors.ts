import { z } from 'zod'
import type { Answer } from '../testing-door.ts'
import type { Person, TestShop } from '../testing.ts'
import { PRICES, type Step, type StepOf } from './steps.ts'

/** Everybody who does something in a shop. */
interface People {
  readonly shop: TestShop
  readonly customer: Person
  readonly support: Person
  readonly warehouse: Person
}

/** What is done in one run, with products of its own. */
export interface Run {
  /** Does it at the public door and waits for what comes of it. @returns what came of it: a status, or the code of the refusal. */
  perform(step: Step): Promise<string>
  /** Ids, in the order in which they were placed. */
  orders(): readonly string[]
  statuses(): Promise<string[]>
  stock(): Promise<z.infer<typeof Stock>[]>
}

const Stock = z.object({
  received: z.int(),
  corrections: z.int(),
  available: z.int(),
  reserved: z.int(),
  sold: z.int(),
  writtenOff: z.int(),
})
const WithId = z.object({ id: z.string() })
const Problem = z.object({ code: z.string() })
const Ended = z.object({ status: z.string(), rejection: Problem.nullable() })
const Answered = z.object({ status: z.string(), reason: z.string().nullable() })
const Decided = z.object({ status: z.string(), refusal: z.string().nullable() })
const Asked = z.object({ lines: z.array(z.object({ number: z.int() })) })
const WORDS = 'It was used'

/** Gathers the people of a shop. @returns what begins a run. */
export async function openDoors(shop: TestShop): Promise<() => Promise<Run>> {
  const people = {
    shop,
    customer: await shop.customer(),
    support: await shop.staff('support'),
    warehouse: await shop.staff('warehouse'),
  }
  return async () => {
    const skus: string[] = []
    for (const pence of PRICES) skus.push(await shop.product({ pence, pieces: 0 }))
    await shop.application.idle()
    return beginRun(people, skus)
  }
}

function beginRun(people: People, skus: readonly string[]): Run {
  const { customer } = people
  const orders: string[] = []
  const returns: string[] = []

  async function place({ lines, card }: Pick<StepOf<'place'>, 'lines' | 'card'>): Promise<string> {
    const wanted = lines.map(({ product, quantity }) => ({ sku: skus[product], quantity }))
    const order = { lines: wanted, payment: { token: card } }
    const { id } = WithId.parse((await customer.post('/orders', order)).expect(202))
    orders.push(id)
    return id
  }

  async function sendBack(id: string, { number, quantity }: StepOf<'sendBack'>): Promise<string> {
    const asked = await customer.post(`/orders/${id}/returns`, { lines: [{ number, quantity }] })
    if (asked.status !== 201) return codeOf(asked)
    returns.push(WithId.parse(asked.body).id)
    return 'requested'
  }

  async function perform(step: Step): Promise<string> {
    if (step.kind === 'place') return endOf(people, await place(step))
    if (step.kind === 'regret') return regret(people, await place({ lines: step.lines, card: 'tok_ok' }))
    if (step.kind === 'receive' || step.kind === 'correct')
      return count(people, skus[step.product] ?? '', step)
    const decides = step.kind === 'approve' || step.kind === 'refuse'
    const among = decides ? returns : orders
    const id = among[step.which % among.length]
    if (id === undefined) return 'skipped'
    if (step.kind === 'approve' || step.kind === 'refuse') return decide(people, id, step)
    if (step.kind === 'cancel') return cancel(people, id)
    if (step.kind === 'sendBack') return sendBack(id, step)
    return ship(people, id, step.kind === 'dispatch' ? 'dispatch' : 'delivery')
  }

  const read = async (path: string) => (await customer.get(path)).expect(200)
  return {
    perform,
    orders: () => orders,
    statuses: () => Promise.all(orders.map(async (id) => Ended.parse(await read(`/orders/${id}`)).status)),
    stock: () => Promise.all(skus.map(async (sku) => Stock.parse(await read(`/stock/${sku}`)))),
  }
}

async function endOf({ shop, customer }: People, id: string): Promise<string> {
  await shop.application.idle()
  const { status, rejection } = Ended.parse((await customer.get(`/orders/${id}`)).expect(200))
  return rejection?.code ?? status
}

async function cancel({ shop, customer }: People, id: string): Promise<string> {
  const asked = await customer.post(`/orders/${id}/cancellation`, {})
  if (asked.status !== 202) return codeOf(asked)
  await shop.application.idle()
  const { status, reason } = Answered.parse((await customer.get(`/orders/${id}/cancellation`)).expect(200))
  return reason ?? status
}

async function regret(people: People, id: string): Promise<string> {
  const asked = await people.customer.post(`/orders/${id}/cancellation`, {})
  // One that is out of stock may have come to its end already.
  if (asked.status !== 202 && codeOf(asked) !== 'ORDER_ENDED') return codeOf(asked)
  return endOf(people, id)
}

async function ship(people: People, id: string, move: 'dispatch' | 'delivery'): Promise<string> {
  const shipment = await people.support.get(`/orders/${id}/shipment`)
  if (shipment.status !== 200) return codeOf(shipment)
  const moved = await people.warehouse.post(`/shipments/${WithId.parse(shipment.body).id}/${move}`, {})
  return moved.status === 200 ? endOf(people, id) : codeOf(moved)
}

async function decide(
  { shop, customer, support }: People,
  id: string,
  step: StepOf<'approve' | 'refuse'>,
): Promise<string> {
  const { lines } = Asked.parse((await support.get(`/returns/${id}`)).expect(200))
  const answer =
    step.kind === 'refuse'
      ? await support.post(`/returns/${id}/refusal`, { reason: WORDS })
      : await support.post(`/returns/${id}/approval`, {
          lines: lines.map(({ number }) => ({ number, disposition: step.disposition })),
        })
  if (answer.status >= 300) return codeOf(answer)
  await shop.application.idle()
  const { status, refusal } = Decided.parse((await customer.get(`/returns/${id}`)).expect(200))
  return refusal === null || refusal === WORDS ? status : refusal
}

async function count(
  { warehouse }: People,
  sku: string,
  { kind, quantity }: StepOf<'receive' | 'correct'>,
): Promise<string> {
  const [path, reason] = kind === 'receive' ? ['receipts', 'delivery'] : ['corrections', 'counted']
  const answer = await warehouse.post(`/stock/${sku}/${path}`, { quantity, reason })
  return answer.status === 201 ? 'ok' : codeOf(answer)
}

function codeOf(answer: Answer): string {
  return Problem.parse(answer.body).code
}
