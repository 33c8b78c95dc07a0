import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { listen } from './listen.ts'
import { createStrictServer, DEFAULT_TIMEOUTS } from './server.ts'

const MUCH = Buffer.alloc(20_000_000, 'x')

test('a client that asks and never reads is cut off', async () => {
  const { server, closed } = createStrictServer({
    environment: systemEnvironment(),
    timeouts: { ...DEFAULT_TIMEOUTS, silenceMs: 300 },
    onRequest: (_request, response) => response.end(MUCH),
    onMalformed: () => undefined,
  })
  const port = await listen(server, 0, '127.0.0.1')
  const client = connect(port, '127.0.0.1').on('error', () => undefined)
  client.pause()
  const [theirs] = (await once(server, 'connection')) as [Socket]
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(theirs, 'close')
  let received = 0
  client.on('data', (chunk: Buffer) => (received += chunk.length)).resume()
  await once(client, 'close')
  expect(received).toBeLessThan(MUCH.length)
  await closed()
})
