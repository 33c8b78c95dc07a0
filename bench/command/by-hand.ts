// The fewest statements that keep the same promises, by hand on `pg` behind node:http: a command has its effect, its
// answer and its event in one transaction, once for each key; every event is handled once, in order. What a framework
// adds (contracts, access, deadlines, traces, metrics, parking, per-key retries) isn't here. It was written once and
// isn't changed when the framework changes.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, Pool } from 'pg'
import { answerRunner } from '../harness/answer-runner.ts'
import { addEntry, problem, type Entry, type Reply } from './by-hand-command.ts'
import { startConsumer } from './by-hand-consumer.ts'

const BODY_LIMIT = 1_048_576
const connection = { connectionString: process.env['BENCH_DATABASE_URL'], pipeline: true }

const consumerClient = new Client(connection)
await consumerClient.connect()
await consumerClient.query(await readFile(new URL('by-hand.sql', import.meta.url), 'utf8'))
const consumer = await startConsumer(consumerClient)
const pool = new Pool({ ...connection, max: Number(process.env['BENCH_CONNECTIONS'] ?? 8) })

const server = createServer((request, response) => {
  reply(request).then(
    (answer) => send(response, answer),
    () => send(response, { status: 503, body: problem('UNKNOWN') }),
  )
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

async function reply(request: IncomingMessage): Promise<Reply> {
  if (request.url !== '/api/v1/entries') return { status: 404, body: problem('NO_ROUTE') }
  if (request.method !== 'POST') return { status: 405, body: problem('METHOD') }
  const entry = parse(await bodyOf(request))
  if (!entry) return { status: 400, body: problem('INPUT') }
  const key = request.headers['idempotency-key']
  const answer = await addEntry(pool, entry, typeof key === 'string' ? key : randomUUID())
  consumer.kick()
  return answer
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_LIMIT) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): Entry | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return undefined
  const { account, amount, note } = value as Record<string, unknown>
  if (typeof account !== 'string' || account.length < 1 || account.length > 40) return undefined
  if (typeof note !== 'string' || note.length > 200 || !Number.isSafeInteger(amount)) return undefined
  return { account, amount: amount as number, note }
}

function send(response: ServerResponse, { status, body, retryAfterSeconds }: Reply): void {
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds)
  response.statusCode = status
  response.end(body)
}

answerRunner(
  { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/entries` },
  async () => {
    server.close()
    server.closeAllConnections()
    await consumer.stop()
    await Promise.all([pool.end(), consumerClient.end()])
  },
)
