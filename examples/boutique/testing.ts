import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Application } from 'archipel'
import { startTestApplication, type TestApplication, type TestApplicationOptions } from 'archipel/testing'
import { createBoutique } from './application.ts'
import { catalogue } from './catalogue/contract.ts'
import { inventory } from './inventory/contract.ts'
import { shipping } from './shipping/contract.ts'
import { createMailBeside, createProviderBeside } from './shop.ts'
import { connectTo, type Door, type Item } from './testing-door.ts'
import { users } from './users/contract.ts'

/** Somebody with a token, at the shop's public door. */
export interface Person extends Door {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly token: string
}

export interface TestShop extends AsyncDisposable {
  readonly application: TestApplication
  readonly providerUrl: string
  /** The public door without a token. */
  readonly door: Door
  /** The operations door, with its token. */
  readonly operations: Door
  /** Registers at the door and signs in. */
  customer(): Promise<Person>
  /** Opened from inside, as operators would; signs in at the door. */
  staff(role: 'merchandiser' | 'support' | 'operator' | 'trade' | 'warehouse'): Promise<Person>
  signIn(account: { email: string; password: string }): Promise<Person>
  /** A new product with pieces in stock. @returns its SKU. */
  product(options?: { pence?: number; pieces?: number }): Promise<string>
  /** Places an order and follows it until it is paid or refused. @returns the order as its customer reads it then. */
  order(customer: Person, lines: { sku: string; quantity: number }[], token?: string): Promise<Order>
  /** The warehouse sends the goods of a completed order, and has them arrive. The order follows a moment later. */
  ship(orderId: string, to?: 'dispatched' | 'delivered'): Promise<void>
}

/** An order as JSON, as far as tests read it. */
export interface Order {
  readonly id: string
  readonly status: string
  readonly total: { amount: number; currency: string }
  readonly lines: { number: number; sku: string; quantity: number; price: { amount: number } }[]
  readonly history: { number: number; status: string; at: string }[]
  readonly rejection: { code: string; shortages?: unknown } | null
}

const ANSWER_WITHIN_MS = 250
const PASSWORD = 'a password for tests'

export interface TestShopOptions extends TestApplicationOptions {
  /** Puts something of the test's own into the application. */
  readonly extended?: (boutique: Application) => Application
}

/** Starts the shop with its card processor on free ports, on a database of its own. */
export async function startShop({
  extended = (boutique) => boutique,
  ...options
}: TestShopOptions = {}): Promise<TestShop> {
  const provider = createProviderBeside({ answerWithinMs: ANSWER_WITHIN_MS, slowMs: ANSWER_WITHIN_MS * 2 })
  const mail = createMailBeside()
  const application = await startTestApplication(
    extended(createBoutique({ provider: provider.client, mail: mail.sender })),
    {
      ...options,
      beside: (place) => [provider.component(place), mail.component(place)],
    },
  )
  const base = `${application.url}/api/v1`
  const door = connectTo(base)
  const principal = { id: 'tests', roles: ['merchandiser'], scopes: [] }

  async function signIn({ email, password }: { email: string; password: string }): Promise<Person> {
    const { token } = (await door.post('/sessions', { email, password })).expect(201)
    const own = connectTo(base, token)
    const { id } = (await own.get('/users/me')).expect(200)
    return { ...own, id, email, password, token }
  }

  return {
    application,
    door,
    signIn,
    providerUrl: provider.url(),
    operations: connectTo(application.operationsUrl, await operationsToken(application)),
    async customer() {
      const email = `${randomUUID()}@example.com`
      ;(await door.post('/users', { email, name: 'A customer', password: PASSWORD })).expect(201)
      return signIn({ email, password: PASSWORD })
    },
    async staff(role) {
      const email = `${role}-${randomUUID()}@example.com`
      const accounts = application.client(users, { idempotencyKey: email })
      await accounts.openAccount({ email, name: role, password: PASSWORD, roles: [role] })
      return signIn({ email, password: PASSWORD })
    },
    async product({ pence = 100, pieces = 100 } = {}) {
      const sku = `T-${randomUUID().slice(0, 8)}`
      const as = { principal, idempotencyKey: sku }
      await application
        .client(catalogue, as)
        .addProduct({ sku, name: `Product ${sku}`, price: { amount: pence, currency: 'GBP' } })
      if (pieces > 0) await application.client(inventory, as).receiveStock({ sku, quantity: pieces })
      return sku
    },
    async order(customer, lines, token = 'tok_ok') {
      const { id } = (await customer.post('/orders', { lines, payment: { token } })).expect(202)
      await customer.follow(`/orders/${id}/events`, { until: isSettled })
      return (await customer.get(`/orders/${id}`)).expect(200)
    },
    async ship(orderId, to = 'delivered') {
      const warehouse = { id: 'tests', roles: ['warehouse', 'support'], scopes: [] }
      const at = (step: string) =>
        application.client(shipping, { principal: warehouse, idempotencyKey: `${orderId}/${step}` })
      const { id } = await at('look').getShipmentOfOrder({ orderId })
      await at('dispatch').dispatch({ id })
      if (to === 'delivered') await at('deliver').confirmDelivery({ id })
    },
    [Symbol.asyncDispose]: () => application[Symbol.asyncDispose](),
  }
}

/** Nobody dispatches it by itself: its stream ends when somebody has, or when nobody will. */
export function isSettled({ event, data }: Item): boolean {
  if (event !== 'message') return false
  const { status } = JSON.parse(data) as { status: string }
  return ['completed', 'rejected', 'cancelled'].includes(status)
}

async function operationsToken({ dataFolder }: TestApplication): Promise<string> {
  return (await readFile(`${dataFolder}/operations-token`, 'utf8')).trim()
}
