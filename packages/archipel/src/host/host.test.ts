import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../environment/index.ts'
import { frameworkError } from '../errors/index.ts'
import { quietTelemetry, type Log } from '../telemetry/index.ts'
import {
  component,
  createHost,
  failureText,
  runHost,
  type HostOptions,
  type Lifecycle,
  type RunningProcess,
} from './index.ts'
import { listen } from './http/listen.ts'

const environment = systemEnvironment()

function harness(parts: Record<string, Lifecycle>, options: Partial<HostOptions> = {}) {
  const events: string[] = []
  const components = Object.entries(parts).map(([name, life]) =>
    component(name, {
      async start() {
        events.push(`start ${name}`)
        await life.start?.()
      },
      async drain() {
        events.push(`drain ${name}`)
        await life.drain?.()
      },
      async close() {
        events.push(`close ${name}`)
        await life.close?.()
      },
      ...(life.ready !== undefined && { ready: life.ready }),
    }),
  )
  return {
    events,
    host: createHost({ name: 'h', components, environment, telemetry: quietTelemetry(), ...options }),
  }
}

test('starts in order, drains all in reverse, then closes all in reverse, each once', async () => {
  const { host, events } = harness({ a: {}, b: {} })
  await Promise.all([host.start(), host.start()])
  expect(host.ready()).toBe(true)
  const stops = [host.stop(), host.stop()]
  expect(host.ready()).toBe(false)
  await Promise.all(stops)
  expect(events).toEqual(['start a', 'start b', 'drain b', 'drain a', 'close b', 'close a'])
  expect(host.health()).toMatchObject({ state: 'stopped', ready: false })
})

test('when one fails to start, those before it are closed again and its error comes out', async () => {
  const { host, events } = harness({
    a: {},
    b: { start: async () => Promise.reject(new Error('no')) },
    c: {},
  })
  await expect(host.start()).rejects.toThrow('no')
  expect(events).toEqual(['start a', 'start b', 'close b', 'close a'])
})

test('what needs no other one starts at once; what stands behind it waits for it', async () => {
  const order: string[] = []
  const { promise: open, resolve } = Promise.withResolvers<void>()
  const note = (name: string, work?: () => Promise<void>) => async () => {
    await work?.()
    order.push(name)
  }
  const host = createHost({
    name: 'h',
    environment,
    telemetry: quietTelemetry(),
    components: [
      component('first', { start: async () => (order.push('first'), resolve()), close: note('close first') }),
      // It would never be up, had the first one to wait for it or it for the first.
      component('alone', { independent: true, start: note('alone', () => open), close: note('close alone') }),
      component('last', { start: note('last'), close: note('close last') }),
    ],
  })
  await host.start()
  await host.stop()
  expect(order).toEqual(['first', 'alone', 'last', 'close last', 'close alone', 'close first'])
})

test('when another one fails, what started by itself is closed as well; its own failure comes out in its turn', async () => {
  const failing = (name: string, independent: boolean) =>
    component(name, { independent, start: async () => Promise.reject(new Error(`no ${name}`)) })
  let closed = false
  const alone = component('alone', { independent: true, close: async () => void (closed = true) })
  const started = (...components: readonly ReturnType<typeof component>[]) =>
    createHost({ name: 'h', environment, telemetry: quietTelemetry(), components }).start()
  await expect(started(failing('first', false), alone)).rejects.toThrow('no first')
  expect(closed).toBe(true)
  await expect(started(component('first', {}), failing('second', true))).rejects.toThrow('no second')
})

test('a component that is not ready makes the host not ready', async () => {
  let up = true
  const { host } = harness({ a: { ready: () => up } })
  await host.start()
  up = false
  expect(host.ready()).toBe(false)
  await host.stop()
})

test('a drain that never ends, and one that fails, hold up nothing beyond the bound', async () => {
  const { host, events } = harness(
    {
      a: { drain: () => new Promise(() => undefined) },
      b: { drain: async () => Promise.reject(new Error('no')) },
    },
    { drainMs: 50 },
  )
  await host.start()
  await host.stop()
  expect(events.slice(-2)).toEqual(['close b', 'close a'])
})

test('a stop during the start waits for the component that is starting and starts no other', async () => {
  const { host, events } = harness({ a: { start: () => environment.timers.sleep(20) }, b: {} })
  const starting = host.start()
  await host.stop()
  await starting
  expect(events).toEqual(['start a', 'close a'])
})

function fakeProcess() {
  const listeners = new Map<string, (error?: unknown) => void>()
  const outcome: { code?: number; text: string } = { text: '' }
  const running: RunningProcess = {
    on: (event: string, listener: (error?: unknown) => void) => listeners.set(event, listener),
    exit: (code) => void (outcome.code ??= code),
    stderr: { write: (text) => (outcome.text += text) },
  }
  return { running, outcome, signal: (name: string) => listeners.get(name)?.() }
}

test('one SIGTERM drains and exits with 0', async () => {
  const { host, events } = harness({ a: {} })
  const { running, outcome, signal } = fakeProcess()
  await runHost(() => host, undefined, running)
  signal('SIGTERM')
  await expect.poll(() => outcome.code).toBe(0)
  expect(events).toContain('drain a')
})

test('a second signal stops at once, and says what it cut short', async () => {
  const telemetry = quietTelemetry()
  const warnings: string[] = []
  const log: Log = { ...telemetry.log, warn: (message) => void warnings.push(message), with: () => log }
  const { host, events } = harness(
    { a: { drain: () => new Promise(() => undefined) } },
    { telemetry: { ...telemetry, log } },
  )
  const { running, outcome, signal } = fakeProcess()
  await runHost(() => host, undefined, running)
  signal('SIGINT')
  signal('SIGINT')
  await expect.poll(() => outcome.code).toBe(130)
  expect(events.at(-1)).toBe('close a')
  expect(warnings).toEqual(['a was cut short: told twice to stop, the host goes at once'])
})

test('what fails once everything runs is printed when the host has stopped', async () => {
  const { host, events } = harness({ a: {} })
  const { running, outcome } = fakeProcess()
  await runHost(
    () => host,
    () => Promise.reject(new Error('seeding failed')),
    running,
  )
  expect(events).toEqual(['start a', 'drain a', 'close a'])
  expect(outcome.text).toContain('seeding failed')
  expect(outcome.code).toBe(70)
})

test('what fails because the host is told to stop meanwhile is no failure', async () => {
  const { host } = harness({ a: {} })
  const { running, outcome, signal } = fakeProcess()
  const seeding = Promise.withResolvers<void>()
  const ended = runHost(
    () => host,
    () => seeding.promise,
    running,
  )
  await expect.poll(() => host.ready()).toBe(true)
  signal('SIGTERM')
  seeding.reject(new Error('the database is gone'))
  await ended
  await expect.poll(() => outcome.code).toBe(0)
  expect(outcome.text).toBe('')
})

test('a busy port is named, with an exit code and without a stack', async () => {
  const holder = createServer()
  const port = await listen(holder, 0, '127.0.0.1')
  const { host } = harness({
    door: { start: async () => void (await listen(createServer(), port, '127.0.0.1')) },
  })
  const { running, outcome } = fakeProcess()
  await runHost(() => host, undefined, running)
  holder.close()
  expect(outcome.code).toBe(69)
  expect(outcome.text).toContain(`ARC_PORT_IN_USE: port ${port} on 127.0.0.1 is taken`)
  expect(outcome.text).not.toMatch(/\n\s+at /)
})

test('a busy port of a component with a server of its own is named just so', async () => {
  const taken = createServer()
  const port = await listen(taken, 0, '127.0.0.1')
  const { host } = harness({
    own: {
      start: () =>
        new Promise((resolve, reject) => {
          createServer()
            .once('error', reject)
            .listen(port, '127.0.0.1', () => resolve())
        }),
    },
  })
  await expect(host.start()).rejects.toMatchObject({
    code: 'ARC_PORT_IN_USE',
    message: expect.stringContaining(String(port)),
  })
  taken.close()
})

test('every fault of a configuration is listed with its path', () => {
  const issues = [
    { path: 'gateway.prefix', message: 'no' },
    { path: 'gateway.limits.streams', message: 'too few' },
  ]
  const text = failureText(
    frameworkError('ARC_CONFIGURATION_INVALID', 'two settings are wrong', { details: { issues } }),
  )
  expect(text).toContain('  - gateway.prefix: no\n  - gateway.limits.streams: too few\n')
  expect(text).not.toContain('    at ')
  expect(failureText(new TypeError('bug'))).toContain('    at ')
})
