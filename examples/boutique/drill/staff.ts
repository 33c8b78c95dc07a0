import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { accepted, lostTo, WithId } from './answers.ts'
import type { Market } from './customers.ts'
import type { ShopClient } from './shop-client.ts'

/** Works until nobody comes any more. */
export interface Shift extends Market {
  readonly isOver: () => boolean
}

const Accounts = z.array(z.object({ role: z.string(), email: z.string(), password: z.string() }))
const Session = z.object({ token: z.string() })

/** Signs in with the account that the demonstration has for a role. @returns the token. */
export async function signInAs(shop: ShopClient, dataFolder: string, role: string): Promise<string> {
  const accounts = Accounts.parse(JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')))
  const account = accounts.find((one) => one.role === role)
  if (!account) throw new Error(`there is no demonstration account for ${role}`)
  const { email, password } = account
  const answer = await shop.send('/sessions', { email, password }, { key: `drill-sign-in-${role}` })
  return accepted(answer, `signing in as ${role}`, Session).token
}

const Shipments = z.object({ items: z.array(z.object({ id: z.string(), orderId: z.string() })) })
/** The shipment moved in the meantime: it was called back, or an earlier request of ours did it. */
const MOVED = ['WRONG_STATUS']
const LEAVES_NOW = 0.6
const ARRIVES_NOW = 0.5

/** The warehouse: sends what is ready, and has it arrive. */
export async function runWarehouse(
  shift: Shift,
  token: string,
  onDispatched: (orderId: string) => void,
): Promise<void> {
  const { shop, dice, promises } = shift
  const move = async (id: string, step: 'dispatch' | 'delivery', done: string[]) => {
    const answer = await shop.send(`/shipments/${id}/${step}`, {}, { key: `${id}-${step}`, token })
    if (lostTo(answer, MOVED)) return false
    done.push(accepted(answer, `a ${step}`, WithId).id)
    return true
  }
  const page = async (status: string) =>
    accepted(await shop.get(`/shipments?status=${status}&limit=50`, token), 'shipments', Shipments).items
  while (!shift.isOver()) {
    const ready = (await page('ready')).filter(() => dice.next() < LEAVES_NOW)
    const underWay = (await page('dispatched')).filter(() => dice.next() < ARRIVES_NOW)
    for (const { id, orderId } of ready)
      if (await move(id, 'dispatch', promises.dispatched)) onDispatched(orderId)
    for (const { id } of underWay) await move(id, 'delivery', promises.delivered)
    await sleep(dice.between(50, 250))
  }
}

const Returns = z.object({ items: z.array(WithId) })
const Asked = z.object({ lines: z.array(z.object({ number: z.int() })) })
const DECIDED = ['RETURN_DECIDED']
const APPROVED = 0.75
const CREDIT_CARDS = ['tok_ok', 'tok_ok', 'tok_ok', 'tok_declined', 'tok_slow', 'tok_lost', 'tok_flaky']

/** Support: decides on returns, and gives customers credit notes. */
export async function runSupport(shift: Shift, token: string, customers: readonly string[]): Promise<void> {
  const { shop, run, dice, promises } = shift

  async function decide(id: string): Promise<void> {
    const { lines } = accepted(await shop.get(`/returns/${id}`, token), 'a return', Asked)
    const approves = dice.next() < APPROVED
    const body = approves
      ? { lines: lines.map(({ number }) => ({ number, disposition: dice.pick(['restock', 'writeOff']) })) }
      : { reason: 'It was worn' }
    const decision = approves ? 'approval' : 'refusal'
    const answer = await shop.send(`/returns/${id}/${decision}`, body, { key: `${id}-decision`, token })
    if (lostTo(answer, DECIDED)) return
    promises[approves ? 'approved' : 'refused'].push(accepted(answer, `a ${decision}`, WithId).id)
  }

  async function giveCredit(number: number): Promise<void> {
    const key = `${run}-credit-${number}`
    const note = {
      customerId: dice.pick(customers),
      country: dice.pick(['United Kingdom', 'France', 'EIRE']),
      lines: [{ sku: 'GOODWILL', name: 'For the trouble', quantity: dice.between(1, 3), price: pounds(250) }],
      reason: 'A parcel came late',
      payment: { token: dice.pick(CREDIT_CARDS) },
    }
    const answer = await shop.send('/credit-notes', note, { key, token })
    promises.creditNotes.push({ id: accepted(answer, 'a credit note', WithId).id, key })
  }

  for (let round = 0; !shift.isOver(); round++) {
    const { items } = accepted(await shop.get('/returns?limit=50', token), 'returns', Returns)
    for (const { id } of items) await decide(id)
    if (round % 3 === 0) await giveCredit(round)
    await sleep(dice.between(50, 250))
  }
}

function pounds(amount: number) {
  return { amount, currency: 'GBP' }
}

/** The merchandiser: goods come in, and are counted. */
export async function runMerchandiser(shift: Shift, token: string, skus: readonly string[]): Promise<void> {
  const { shop, run, dice, promises } = shift
  for (let number = 0; !shift.isOver(); number++) {
    const name = `${run}-stock-${number}`
    const [path, change] =
      dice.next() < 0.7
        ? ['receipts', { quantity: dice.between(1, 40), reference: name }]
        : ['corrections', { quantity: dice.pick([-2, -1, 1, 3]), reason: 'counted', note: name }]
    const answer = await shop.send(`/stock/${dice.pick(skus)}/${path}`, change, { key: name, token })
    if (!lostTo(answer, ['MORE_THAN_AVAILABLE'])) {
      accepted(answer, 'a change of stock', z.unknown())
      promises.stockChanges.push(name)
    }
    await sleep(dice.between(100, 500))
  }
}
