import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../environment/index.ts'
import { createHost } from '../host/index.ts'
import { quietTelemetry } from '../telemetry/index.ts'
import { raw, startGateway } from './gateway.fixture.ts'
import { eventually } from '../testing/eventually.ts'

type Outcome = 'answered' | 'not-connected' | `lost: ${string}`

/** One request; it is lost when its connection was there and no answer came. */
function ask(port: number, agent: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', path: '/api/v1/products', agent }, (response) => {
      response.resume()
      response.once('end', () =>
        resolve(response.statusCode === 200 ? 'answered' : `lost: ${response.statusCode}`),
      )
    })
    sent.on('error', (error) =>
      resolve(
        'code' in error && error.code === 'ECONNREFUSED'
          ? 'not-connected'
          : `lost: ${String(error)} ${sent.reusedSocket}`,
      ),
    )
    sent.end()
  })
}

test('a stop under load answers every request that it accepted, and says first that it is not ready', async () => {
  let ready = () => false
  const at = await startGateway({}, { ready: () => ready(), drainGraceMs: 100 })
  at.fake.call = async () => {
    await sleep(20)
    return {}
  }
  const host = createHost({
    name: 'h',
    components: [at.door],
    environment: systemEnvironment(),
    telemetry: quietTelemetry(),
    noticeMs: 100,
  })
  ready = host.ready
  await host.start()
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const outcomes: Outcome[] = []
  let stopped = false
  const clients = Array.from({ length: 20 }, async () => {
    while (!stopped) {
      const outcome = await ask(at.port, agent)
      outcomes.push(outcome)
      if (outcome === 'not-connected') await sleep(5)
    }
  })
  await eventually(() => outcomes.length >= 40)
  const stopping = host.stop()
  const probe = await raw(at.port, 'GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n')
  await stopping
  stopped = true
  await Promise.all(clients)
  agent.destroy()
  expect(probe.statuses).toEqual([503])
  expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(20)
  expect(outcomes.filter((outcome) => outcome.startsWith('lost'))).toEqual([])
})

test('draining does not wait for connections that only idle', async () => {
  const at = await startGateway()
  const idle = raw(at.port, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n', 5_000)
  const silent = raw(at.port, '', 5_000)
  await sleep(50)
  const start = performance.now()
  await at.door.drain()
  expect(performance.now() - start).toBeLessThan(2_000)
  expect((await idle).closed).toBe(true)
  expect((await silent).closed).toBe(true)
})

test('a request on a connection that idled when draining began is answered, and told to close', async () => {
  const at = await startGateway({}, { drainGraceMs: 300 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  expect(await ask(at.port, agent)).toBe('answered')
  const drained = at.door.drain()
  await sleep(20)
  expect(await ask(at.port, agent)).toBe('answered')
  expect(await ask(at.port, agent)).toBe('not-connected')
  await drained
  agent.destroy()
})
