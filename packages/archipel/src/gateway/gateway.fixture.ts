import { connect } from 'node:net'
import { z } from 'zod'
import type { CallBounds, CallRequest, Download, Principal, StreamItem, Transport } from '../call/index.ts'
import {
  anyOf,
  command,
  contract,
  download,
  notFound,
  owner,
  query,
  roles,
  stream,
  upload,
} from '../contract/index.ts'
import { systemEnvironment, systemTimers } from '../environment/index.ts'
import { ArchipelError, frameworkError } from '../errors/index.ts'
import { quietTelemetry } from '../telemetry/index.ts'
import { createGateway, gateway, type CreateGatewayOptions, type GatewayOptions } from './index.ts'

const Order = z.object({ id: z.string(), note: z.string().optional() })

/** A contract with one operation of each kind that the gateway treats differently. */
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    getOrder: query({
      http: { route: 'GET /orders/{id}' },
      access: anyOf(owner('id'), roles('support')),
      input: z.object({ id: z.string() }),
      output: Order,
      errors: { NO_ORDER: notFound(), ORDER_LOST: notFound(z.object({ id: z.string() })) },
    }),
    search: query({
      http: { route: 'GET /products' },
      access: 'public',
      input: z.object({
        search: z.string().optional(),
        limit: z.int().optional(),
        tags: z.array(z.string()).optional(),
      }),
      output: z.object({ found: z.int() }),
    }),
    placeOrder: command({
      http: { route: 'POST /orders', status: 202, location: '/orders/{id}' },
      access: roles('customer'),
      input: z.object({
        lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
        note: z.string().optional(),
      }),
      output: Order,
    }),
    register: command({
      http: { route: 'POST /users', status: 201 },
      access: 'public',
      input: z.object({ email: z.string(), profile: z.record(z.string(), z.string()).optional() }),
      output: z.object({ id: z.string() }),
    }),
    rename: command({
      http: { route: 'PUT /orders/{id}/note' },
      access: roles('customer'),
      input: z.object({ id: z.string(), note: z.string() }),
      output: Order,
    }),
    getPrices: query({
      http: { route: 'GET /prices' },
      access: 'public',
      input: z.object({}),
      output: z.object({ pence: z.int() }),
      cache: { maxAge: '5s' },
    }),
    getAccount: query({
      http: { route: 'GET /account' },
      access: roles('customer'),
      input: z.object({}),
      output: z.object({ pence: z.int() }),
      cache: { maxAge: '1m' },
    }),
    putScan: upload({
      http: { route: 'PUT /orders/{id}/scan', status: 201, location: '/orders/{id}/scan' },
      access: 'public',
      input: z.object({ id: z.string(), page: z.int().optional() }),
      output: Order,
      maxBytes: 1_000_000,
      contentTypes: ['image/png'],
    }),
    getScan: download({
      http: { route: 'GET /orders/{id}/scan' },
      access: 'public',
      input: z.object({ id: z.string() }),
      contentTypes: ['image/png'],
    }),
    follow: stream({
      http: { route: 'GET /orders/{id}/events' },
      access: 'public',
      input: z.object({ id: z.string() }),
      output: Order,
    }),
    purge: command({ access: 'internal', input: z.object({}), output: z.object({}) }),
  },
})

export interface Fake {
  readonly requests: CallRequest[]
  call: (request: CallRequest, bounds: CallBounds) => Promise<unknown>
  stream: (request: CallRequest, bounds: CallBounds) => AsyncIterable<StreamItem>
  download: (request: CallRequest, bounds: CallBounds) => Promise<Download>
}

export const alice: Principal = { id: 'alice', roles: ['customer'], scopes: [] }

/** A gateway in front of a transport that answers what the test says; tokens are names. */
export async function startGateway(
  options: GatewayOptions = {},
  further: Partial<CreateGatewayOptions> = {},
) {
  const fake: Fake = {
    requests: [],
    call: async (request) => ({ id: 'o-1', given: request.input }),
    stream: async function* () {},
    download: () => Promise.reject(new Error('not of this test')),
  }
  const transport: Transport = {
    download(request, bounds) {
      fake.requests.push(request)
      return fake.download(request, bounds)
    },
    call(request, bounds) {
      fake.requests.push(request)
      return fake.call(request, bounds)
    },
    stream(request, bounds) {
      fake.requests.push(request)
      return fake.stream(request, bounds)
    },
  }
  const door = createGateway({
    contracts: [shop],
    transport,
    environment: systemEnvironment(),
    telemetry: quietTelemetry(),
    definition: gateway(options),
    authenticate: (authorization) => {
      if (authorization === 'Bearer alice') return { principal: alice, endsAtMs: Infinity }
      throw frameworkError('ARC_UNAUTHENTICATED', 'the token is not valid, or no longer')
    },
    openApi: () => ({ openapi: '3.1.0' }),
    asyncApi: () => ({ asyncapi: '3.0.0' }),
    ready: () => true,
    host: '127.0.0.1',
    port: 0,
    drainGraceMs: 20,
    ...further,
  })
  await door.start()
  return {
    fake,
    door,
    port: door.port,
    base: `http://127.0.0.1:${door.port}/api/v1`,
    [Symbol.asyncDispose]: () => door.close(),
  }
}

export const orderLost = (id: string) =>
  new ArchipelError({
    code: 'ORDER_LOST',
    kind: 'not-found',
    message: 'the order is lost',
    details: { id },
    declaredBy: 'shop',
  })

/** Sends bytes and collects what comes back until the other side closes, or nothing came for `quietMs`. */
export function raw(
  port: number,
  bytes: string | Buffer,
  quietMs = 150,
): Promise<{ text: string; statuses: number[]; closed: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let timer = systemTimers.after(quietMs + 350, () => done(false))
    const done = (closed: boolean) => {
      timer.cancel()
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      resolve({
        text,
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])),
        closed,
      })
    }
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      timer.cancel()
      timer = systemTimers.after(quietMs, () => done(false))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => done(true))
  })
}
