import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openShop } from './stage/shop.ts'
import { say, see, seeSoon, seeThat } from './stage/telling.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly status?: { readonly code?: number }
}

const TRACE = '11111111111111111111111111111111'
const PARENT = '2222222222222222'

export async function show(): Promise<void> {
  const spans: Span[] = []
  const receiver = createServer((request, response) => {
    void read(request).then((received) => {
      spans.push(...received)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  try {
    await watch(port, spans)
  } finally {
    receiver.close()
    receiver.closeAllConnections()
  }
}

async function watch(port: number, spans: readonly Span[]): Promise<void> {
  await using shop = await openShop({}, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })
  const ann = await shop.signIn('ann')

  say(
    'Ann’s order is part of a trace of hers. An OTLP receiver listens; the shop exports when it stops, at the latest.',
  )
  const order = { lines: [{ sku: 'MUG', quantity: 1 }], payment: { token: 'tok_declined' } }
  const headers = { 'content-type': 'application/json', traceparent: `00-${TRACE}-${PARENT}-01` }
  const answer = await ann.ask('POST', '/orders', { raw: JSON.stringify(order), headers })
  await shop.ended(answer.expect(202).id)
  shop.signal('SIGTERM')
  see('the shop stopped with', await shop.over, 0)

  const ofAnn = () => spans.filter(({ traceId }) => traceId === TRACE)
  await seeSoon(
    'the first span is that of the door',
    async () => ofAnn().find(({ parentSpanId }) => parentSpanId === PARENT)?.name,
    'POST /api/v1/orders',
  )
  const known = new Set([PARENT, ...ofAnn().map(({ spanId }) => spanId)])
  seeThat(
    `${ofAnn().length} spans, one tree: every span hangs on another one of the trace`,
    ofAnn().every(({ parentSpanId }) => known.has(parentSpanId ?? '')),
  )
  for (const name of ['saga fulfilOrder.reserveStock', 'saga fulfilOrder.undo reserveStock'])
    seeThat(
      `in it: ${name}`,
      ofAnn().some((span) => span.name === name),
    )
  const failed = ofAnn().find((span) => span.name === 'saga fulfilOrder.authorisePayment')
  see('the step that was declined is marked as an error', failed?.status?.code, 2)
}

async function read(request: IncomingMessage): Promise<Span[]> {
  const body: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] } = JSON.parse(
    Buffer.concat(await Array.fromAsync(request)).toString(),
  )
  return body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
}
