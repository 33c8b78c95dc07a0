// The same job as the boutique's orders, as it is written by hand on `pg` behind node:http, without a framework: what is
// left of the time is what the job itself costs. It keeps these promises:
// - an order is placed once for each key, with the stored answer for a repeat and a refusal for another input;
// - orders, inventory, payments, shipping, notifications, reports and reviews have a schema, a role and connections each, and no
//   transaction spans two of them;
// - the progress of an order's saga is durable before each step is sent, and each step is a command that is done once;
// - an effect, its answer and its event are one transaction; each consumer handles each event once, in order of the log,
//   its effect in one transaction with inbox mark and position; it writes the tables of the boutique;
// - a call of the card processor is durable before it leaves and its outcome after it; a letter is sent at most once.
// Transactions are single statements; saga steps, outcomes of payments and letters that come together share one.
// Left out is what this load never asks for: what is refused (shortages, declined cards) and undone, kept addresses and
// cards, cancellations, returns and dispatches, taking up after a crash what the tables hold, retries, deadlines, parking,
// operators' doors, traces, metrics. Card processor, mailbox, mail sender, passwords and tokens are the boutique's own.
// It was written once and isn't changed when the framework changes.
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../../examples/boutique/demo/products.ts'
import { startMailbox } from '../../examples/boutique/mailbox/index.ts'
import { createSmtpSender } from '../../examples/boutique/notifications/smtp-sender.ts'
import { createProviderClient } from '../../examples/boutique/payments/provider-client.ts'
import { startProvider } from '../../examples/boutique/provider/index.ts'
import { Quantity } from '../../examples/boutique/shared.ts'
import { startBus } from './by-hand-bus.ts'
import { KeyTaken, prepareDatabase } from './by-hand-database.ts'
import { startLetters } from './by-hand-letters.ts'
import { createPayments } from './by-hand-payments.ts'
import { Basket, placeOrder } from './by-hand-placing.ts'
import { findOrder, listProducts, receiveStock } from './by-hand-reads.ts'
import { createSaga } from './by-hand-saga.ts'
import { subscriptionsOf } from './by-hand-subscriptions.ts'
import { createUsers, type Principal } from './by-hand-users.ts'

const BODY_LIMIT = 1_048_576
const PREFIX = '/api/v1'
const env = (name: string) => process.env[name] ?? ''

const pools = await prepareDatabase(env('BENCH_DATABASE_URL'))
const provider = await startProvider({ connectionString: env('BENCH_PROVIDER_URL'), port: 0 })
const mailbox = await startMailbox({ connection: env('BENCH_MAILBOX_URL'), port: 0 })
// With fewer, letters fall further behind the orders than the boutique's do.
const connections = 6
const mail = createSmtpSender({
  url: () => mailbox.url,
  from: 'orders@boutique.example',
  connections,
  atOnce: 16,
})
const letters = startLetters(pools, mail)
const bus = await startBus(pools.reports, subscriptionsOf(pools, letters.waiting))
const providerClient = createProviderClient({ url: () => provider.url, timeoutMs: 2_000 })
const payments = createPayments(pools.payments, providerClient, bus.published)
const fence = await takeSagas()
const fulfil = createSaga(pools, { payments, fence, published: bus.published })
const users = await createUsers(pools.users)
await fill()

/** Sagas are saved under the number of the process that has them. */
async function takeSagas(): Promise<string> {
  const { rows } = await pools.orders.query<{ fence: string }>(
    'update runner set fence = fence + 1 returning fence',
  )
  return rows[0]?.fence ?? ''
}

/** The same goods as in the demonstration, and who may take in more of them. */
async function fill(): Promise<void> {
  for (const [sku, name, pence] of DEMO_PRODUCTS)
    await pools.catalogue.query(
      `insert into products (sku, name, description, price_amount, price_currency, added_at) values ($1, $2, '', $3, 'GBP', now())`,
      [sku, name, pence],
    )
  const [email, password] = ['merchandiser@boutique.example', randomBytes(16).toString('hex')]
  await users.register({ email, name: 'Merchandiser', password }, ['merchandiser'])
  const accounts = [{ role: 'merchandiser', email, password }]
  await writeFile(join(env('BENCH_DATA'), 'demo-accounts.json'), JSON.stringify(accounts), { mode: 0o600 })
}

interface Reply {
  readonly status: number
  readonly body: unknown
  readonly location?: string
}

const Credentials = z.object({ email: z.email(), password: z.string() })
const Account = Credentials.extend({ name: z.string() })
const Receipt = z.object({ quantity: Quantity })

const problem = (status: number, code: string): Reply => ({ status, body: { code } })

async function replyTo(request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://shop')
  if (!pathname.startsWith(PREFIX)) return problem(404, 'NO_ROUTE')
  const [resource, id, part] = pathname.slice(PREFIX.length + 1).split('/')
  const route = [request.method, resource, id && '{id}', part].filter(Boolean).join(' ')
  if (route === 'GET products') {
    const limit = Math.min(Number(searchParams.get('limit') ?? 20), 100)
    return { status: 200, body: { items: await listProducts(pools.catalogue, limit), next: null } }
  }
  if (route === 'POST users') {
    const account = Account.parse(await bodyOf(request))
    return { status: 201, body: await users.register(account, ['customer']) }
  }
  if (route === 'POST sessions') return signIn(Credentials.parse(await bodyOf(request)))
  const principal = await users.authenticate(request.headers.authorization)
  if (!principal) return problem(401, 'UNAUTHENTICATED')
  if (route === 'POST orders') return order(principal, request)
  if (route === 'GET orders {id}') {
    const found = await findOrder(pools.orders, id ?? '', principal.id)
    return found === undefined ? problem(404, 'ORDER_NOT_FOUND') : { status: 200, body: found }
  }
  if (route === 'POST stock {id} receipts')
    return receive(principal, id ?? '', Receipt.parse(await bodyOf(request)))
  return problem(404, 'NO_ROUTE')
}

async function order({ id: customerId, roles }: Principal, request: IncomingMessage): Promise<Reply> {
  if (!roles.includes('customer')) return problem(403, 'FORBIDDEN')
  const basket = Basket.parse(await bodyOf(request))
  const given = request.headers['idempotency-key']
  const key = typeof given === 'string' ? given : randomUUID()
  const correlationId = randomUUIDv7()
  const answer = await placeOrder(pools, { customerId, key, basket, fence, correlationId })
  if (!answer) return problem(422, 'SKUS_UNKNOWN')
  const { placed, toFulfil } = answer
  if (toFulfil) {
    bus.published('orders.orderPlaced.v1')
    // One that fails stays in its table, where who starts after us would take it up.
    fulfil(toFulfil, correlationId).catch((failure: unknown) => console.error(failure))
  }
  return { status: 202, body: placed, location: `${PREFIX}/orders/${placed.id}` }
}

async function signIn({ email, password }: z.infer<typeof Credentials>): Promise<Reply> {
  const session = await users.signIn(email, password)
  return session ? { status: 201, body: session } : problem(401, 'CREDENTIALS_WRONG')
}

async function receive(
  { roles }: Principal,
  sku: string,
  { quantity }: z.infer<typeof Receipt>,
): Promise<Reply> {
  if (!roles.includes('merchandiser')) return problem(403, 'FORBIDDEN')
  await receiveStock(pools.inventory, decodeURIComponent(sku), quantity)
  return { status: 201, body: { sku, quantity } }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_LIMIT) throw new SyntaxError('the body is too long')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}

function send(response: ServerResponse, { status, body, location }: Reply): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(location !== undefined && { location }),
  })
  response.end(text)
}

function replyToFailure(failure: unknown): Reply {
  if (failure instanceof KeyTaken) return problem(failure.status, failure.message)
  if (failure instanceof z.ZodError || failure instanceof SyntaxError) return problem(400, 'INPUT')
  console.error(failure)
  return problem(503, 'UNKNOWN')
}

const server = createServer((request, response) => {
  replyTo(request).then(
    (reply) => send(response, reply),
    (failure: unknown) => send(response, replyToFailure(failure)),
  )
})
server.listen(Number(env('PORT')), '127.0.0.1')

process.once('SIGTERM', () => void stop())

async function stop(): Promise<void> {
  server.close()
  server.closeAllConnections()
  await bus.stop()
  await letters.stop()
  mail.close()
  await Promise.all([provider.close(), mailbox.close(), ...Object.values(pools).map((pool) => pool.end())])
}
