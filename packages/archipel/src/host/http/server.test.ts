import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts'
import { listen } from './listen.ts'
import {
  createStrictServer,
  DEFAULT_TIMEOUTS,
  type DoorTimeouts,
  type StrictServerOptions,
} from './server.ts'

const MUCH = Buffer.alloc(20_000_000, 'x')

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

async function start(
  onRequest: StrictServerOptions['onRequest'],
  timeouts: Partial<DoorTimeouts> = {},
  time: Partial<VirtualTime> = {},
) {
  const { server, closed } = createStrictServer({
    environment: { ...systemEnvironment(), ...time },
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    onRequest,
    onMalformed: () => undefined,
  })
  const port = await listen(server, 0, '127.0.0.1')
  const client = () => connect(port, '127.0.0.1').on('error', () => undefined)
  return { server, closed, client, url: `http://127.0.0.1:${port}` }
}

test('a client that asks and never reads is cut off; one whose answer takes longer to be made is not', async () => {
  const slow = Promise.withResolvers<ServerResponse>()
  const at = await start(
    ({ url }, response) => (url === '/slow' ? slow.resolve(response) : response.end(MUCH)),
    { stallMs: 300 },
  )
  const waiting = fetch(`${at.url}/slow`)
  const answer = await slow.promise
  const greedy = at.client().pause()
  const [theirs] = (await once(at.server, 'connection')) as [Socket]
  greedy.write(GET)
  await once(theirs, 'close')
  let received = 0
  greedy.on('data', (chunk: Buffer) => (received += chunk.length)).resume()
  await once(greedy, 'close')
  expect(received).toBeLessThan(MUCH.length)
  answer.end('at last')
  expect(await (await waiting).text()).toBe('at last')
  await at.closed()
})

test('whoever sends thousands of requests at once is read on when some of them are answered', async () => {
  const all = 3_000
  const first = Promise.withResolvers<ServerResponse>()
  let begun = 0
  const last = Promise.withResolvers<void>()
  const at = await start(({ url }, response) => {
    if (url === '/many' && ++begun === 1) return first.resolve(response)
    if (begun === all) response.once('close', last.resolve)
    response.end()
  })
  let parsed = 0
  at.server.on('request', () => parsed++)
  const client = at.client()
  const request = `GET /many HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(2_000)}\r\n\r\n`
  client.write(request.repeat(all))
  client.resume()
  const answer = await first.promise
  // More than enough time to read all of it.
  for (let time = 0; time < 200; time++) await (await fetch(at.url)).text()
  expect([begun, parsed - 200 < 400]).toEqual([1, true])
  answer.end()
  await last.promise
  client.destroy()
  await at.closed()
})

test('a door that closes answers what was sent behind another request', async () => {
  const answers: ServerResponse[] = []
  const asked = Promise.withResolvers<void>()
  const both = Promise.withResolvers<void>()
  const time = createVirtualTime()
  const at = await start(
    (_request, response) => {
      answers.push(response)
      ;(answers.length === 1 ? asked : both).resolve()
    },
    {},
    time,
  )
  const client = at.client()
  let text = ''
  client.on('data', (chunk: Buffer) => (text += chunk.toString()))
  client.write(GET + GET)
  await asked.promise
  const done = at.closed()
  answers[0]?.end()
  await both.promise
  // Longer than a connection is kept on which nothing is asked.
  await time.advance(2_000)
  answers[1]?.end()
  await once(client, 'data')
  await time.advance(2_000)
  await done
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
})
