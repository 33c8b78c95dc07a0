import { createFaultPoints } from 'archipel/testing'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isSettled, startShop, type TestShop } from './testing.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
}

const CONSUMER = 5
const SERVER = 2

/** Stands for a collector: keeps what it gets. */
async function startCollector() {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      response.setHeader('content-type', 'application/json').end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bodies,
    spans: (): Span[] => bodies.flatMap((body) => spansIn(JSON.parse(body))),
    close: () => server.close(),
  }
}

interface Export {
  readonly resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
}

function spansIn({ resourceSpans }: Export): Span[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
}

const CANARIES = {
  password: 'canary-password-5d1f',
  wrongPassword: 'canary-guess-77aa',
  card: 'tok_canary_91bc',
  key: 'canary-key-30fe-of-an-order',
}

const faults = createFaultPoints()
const lines: string[] = []
const problems: string[] = []
let collector: Awaited<ReturnType<typeof startCollector>>
let shop: TestShop
let traceId: string
let token: string
let orderId: string
let correlationId: string | null

/** One shop lives and stops; the tests look at what it told. */
beforeAll(async () => {
  collector = await startCollector()
  shop = await startShop({
    faults,
    telemetry: {
      otlpEndpoint: collector.endpoint,
      logLevel: 'debug',
      logDestination: { write: (line) => void lines.push(line) },
    },
  })
  const email = 'canary@example.com'
  ;(await shop.door.post('/users', { email, name: 'Canary', password: CANARIES.password })).expect(201)
  problems.push((await shop.door.post('/sessions', { email, password: CANARIES.wrongPassword })).text)
  problems.push(
    (
      await shop.door.post('/users', {
        email,
        name: 'Canary',
        password: CANARIES.password,
        extra: CANARIES.password,
      })
    ).text,
  )
  const customer = await shop.signIn({ email, password: CANARIES.password })
  token = customer.token
  const sku = await shop.product()
  const body = { lines: [{ sku, quantity: 1 }], payment: { token: CANARIES.card } }
  // A failure inside is logged with all that is known of it.
  faults.fail('command.before-commit')
  problems.push((await customer.post('/orders', body, CANARIES.key)).text)
  problems.push(
    (await customer.post('/orders', { ...body, payment: { token: CANARIES.card, cvc: CANARIES.card } })).text,
  )
  faults.fail('saga.authorisePayment.sent')
  const declined = (await customer.post('/orders', body, CANARIES.key)).expect(202)
  await customer.follow(`/orders/${declined.id}/events`)
  const placed = await customer.ask('POST', '/orders', {
    raw: JSON.stringify({ ...body, payment: { token: 'tok_ok' } }),
    headers: { 'content-type': 'application/json', 'x-correlation-id': 'followed-by-hand-1' },
  })
  orderId = placed.expect(202).id
  correlationId = placed.headers.get('x-correlation-id')
  traceId = placed.headers.get('traceparent')?.split('-')[1] ?? ''
  await customer.follow(`/orders/${orderId}/events`, { until: isSettled })
  await shop.application.idle()
  problems.push((await shop.operations.get(`/sagas/orders/fulfilOrder/${declined.id}`)).text)
  await shop.application.stop()
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  collector.close()
})

test('one order is one connected trace, from the request to the last event', () => {
  const all = collector.spans()
  const trace = all.filter((span) => span.traceId === traceId)
  const known = new Set(trace.map(({ spanId }) => spanId))
  const roots = trace.filter(({ parentSpanId }) => !parentSpanId)
  const lost = trace.filter(({ parentSpanId }) => parentSpanId && !known.has(parentSpanId))
  expect(roots).toMatchObject([{ kind: SERVER }])
  expect(lost).toEqual([])
  const names = trace.map(({ name }) => name).join('\n')
  for (const step of [
    'reserveStock',
    'authorisePayment',
    'capturePayment',
    'scheduleShipment',
    'completeOrder',
  ])
    expect(names).toContain(step)
  // The last event of all: inventory hears that the order is complete.
  const consumed = trace.filter(({ kind }) => kind === CONSUMER).map(({ name }) => name)
  for (const subscription of ['sell-reserved', 'mark-reserved', 'mark-paid'])
    expect(consumed.join('\n')).toContain(subscription)
})

test('the correlation id that came in is that of the whole order', async () => {
  expect(correlationId).toBe('followed-by-hand-1')
  const events = await shop.application.query(
    `select distinct event->>'correlationId' as id from archipel_bus.log where key = $1`,
    [orderId],
  )
  expect(events).toEqual([{ id: correlationId }])
})

test('the log is JSON lines, with the correlation id of what they belong to', () => {
  expect(lines.length).toBeGreaterThan(3)
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(parsed.some((line) => JSON.stringify(line).includes('the test fails command.before-commit'))).toBe(
    true,
  )
})

test.each(Object.entries(CANARIES))('the %s is in no log, trace or problem', (_, canary) => {
  expect(lines.filter((line) => line.includes(canary))).toEqual([])
  expect(collector.bodies.filter((body) => body.includes(canary))).toEqual([])
  expect(problems.filter((problem) => problem.includes(canary))).toEqual([])
})

test('no token of a person is in a log, trace or problem', () => {
  const [, payload = '', signature = ''] = token.split('.')
  for (const told of [...lines, ...collector.bodies, ...problems]) {
    expect(told.includes(payload) || told.includes(signature)).toBe(false)
  }
})

test('problems tell nothing of what went wrong inside', () => {
  expect(JSON.parse(problems[2] ?? '')).toMatchObject({ status: 500, code: 'ARC_INTERNAL', kind: 'internal' })
  expect(problems[2]).not.toContain('the test fails')
})
