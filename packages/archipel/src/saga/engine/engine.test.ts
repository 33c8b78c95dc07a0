import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameworkError } from '../../errors/index.ts'
import { fulfilOrder } from '../machine/example.fixture.ts'
import type { SagaInstance } from '../types.ts'
import {
  createSimulation,
  ORIGIN,
  seeded,
  type Simulation,
  type SimulationOptions,
} from './simulation.fixture.ts'

const ANSWERS = {
  reserve: { reservedAt: '2026-01-01' },
  authorise: { authorisation: 'a' },
  capture: { capturedAt: '2026-01-02' },
}
const REFERENCE = { saga: 'fulfilOrder', id: 'order-1' }
const HOUR_MS = 3_600_000

function simulate(options: Partial<SimulationOptions> = {}): Simulation {
  return createSimulation({ seed: 1, definitions: [fulfilOrder], answers: ANSWERS, ...options })
}

function startOn(simulation: Simulation, host = simulation.host('host-1')) {
  const { statement, instance } = host.engine.start(
    'fulfilOrder',
    REFERENCE.id,
    { orderId: 'order-1' },
    ORIGIN,
  )
  simulation.store.commit([statement])
  host.engine.adopt(instance)
  return host
}

const operations = ({ callees }: Simulation) => callees.handled.map(({ operation }) => operation)

describe('the engine', () => {
  test('goes through all steps and hands each result on', async () => {
    const simulation = simulate()
    startOn(simulation)
    const saga = await simulation.untilRest(REFERENCE, 10_000)
    expect(saga.status).toBe('completed')
    expect(operations(simulation)).toEqual(['reserve', 'authorise', 'capture', 'completeOrder'])
    expect(saga.steps.map(({ attempts }) => attempts[0]?.call.key)).toEqual([
      'fulfilOrder/order-1/reserveStock/run/1',
      'fulfilOrder/order-1/authorise/run/1',
      'fulfilOrder/order-1/capture/run/1',
      'fulfilOrder/order-1/completeOrder/run/1',
    ])
  })

  test('undoes in reverse when the pivot is refused, then says why', async () => {
    const simulation = simulate({ misfortunes: { refuses: ['capture'] } })
    startOn(simulation)
    const saga = await simulation.untilRest(REFERENCE, 10_000)
    expect(saga.status).toBe('compensated')
    expect(operations(simulation)).toEqual(['reserve', 'authorise', 'voidPayment', 'release', 'rejectOrder'])
    expect(saga.steps.at(-1)?.attempts[0]?.call.input).toEqual({ orderId: 'order-1', code: 'NO' })
    expect(saga.steps[0]?.undo?.[0]?.call.input).toEqual({ orderId: 'order-1', reservedAt: '2026-01-01' })
  })

  test('an hour-long retry takes milliseconds on a virtual clock, and the pivot is asked until known', async () => {
    const began = performance.now()
    const simulation: Simulation = simulate({
      tuning: { holdMs: 1_000 },
      call: (callees) => async (request) => {
        const tooEarly = request.operation === 'capture' && simulation.time.clock.monotonic() < HOUR_MS
        if (tooEarly) throw frameworkError('ARC_UNAVAILABLE', 'closed for an hour', { effect: 'unknown' })
        return callees.call(request)
      },
    })
    startOn(simulation)
    const saga = await simulation.untilRest(REFERENCE, 2 * HOUR_MS)
    expect(saga.status).toBe('completed')
    expect(simulation.time.clock.monotonic()).toBeGreaterThan(HOUR_MS)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('a step before the pivot whose outcome stays unknown is undone as if it were done', async () => {
    const simulation = simulate({
      call: (callees) => async (request) => {
        const answer = await callees.call(request)
        if (request.operation === 'authorise')
          throw frameworkError('ARC_UNAVAILABLE', 'reply lost', { effect: 'unknown' })
        return answer
      },
    })
    startOn(simulation)
    const saga = await simulation.untilRest(REFERENCE, 120_000)
    expect(saga.status).toBe('compensated')
    expect(saga.reason?.['code']).toBe('OUTCOME_UNKNOWN')
    expect(operations(simulation)).toEqual(['reserve', 'authorise', 'voidPayment', 'release', 'rejectOrder'])
  })

  test('a forward call that arrives after its undo is refused by its host', async () => {
    const simulation = simulate({
      call: (callees) => async (request) => {
        if (request.operation !== 'authorise') return callees.call(request)
        simulation.time.timers.after(200_000, () => void callees.call(request).catch(() => {}))
        throw frameworkError('ARC_UNAVAILABLE', 'on its way for long', { effect: 'unknown' })
      },
    })
    startOn(simulation)
    expect((await simulation.untilRest(REFERENCE, 120_000)).status).toBe('compensated')
    await simulation.time.advance(400_000)
    expect(operations(simulation)).toEqual(['reserve', 'release', 'rejectOrder'])
  })

  test('a refusal after the pivot is stuck; an operator tries again under a new key', async () => {
    const refuses = ['completeOrder']
    const simulation = simulate({ misfortunes: { refuses } })
    const { engine } = startOn(simulation)
    expect((await simulation.untilRest(REFERENCE, 10_000)).status).toBe('stuck')
    expect((await engine.stuck()).map(({ id }) => id)).toEqual(['order-1'])
    await expect(engine.compensate(REFERENCE, { who: 'eve', why: 'try' })).rejects.toMatchObject({
      code: 'ARC_ACTION_REFUSED',
    })
    refuses.pop()
    await engine.retry(REFERENCE, { who: 'ann', why: 'mended' })
    const saga = await simulation.untilRest(REFERENCE, 10_000)
    expect(saga.status).toBe('completed')
    expect(saga.steps.at(-1)?.attempts.map(({ call, outcome }) => [call.key.slice(-5), outcome])).toEqual([
      ['run/1', 'refused'],
      ['run/2', 'done'],
    ])
    expect(saga.notes).toMatchObject([{ action: 'retry', who: 'ann', why: 'mended' }])
  })

  test('a request to cancel is heard at once while a step before the pivot waits', async () => {
    const simulation = simulate({ misfortunes: { requestLost: 1 } })
    const { engine } = startOn(simulation)
    await simulation.time.advance(5_000)
    simulation.store.commit([engine.requestCancel('fulfilOrder', 'order-1')])
    await simulation.time.advance(600)
    expect(await simulation.store.find(REFERENCE)).toMatchObject({
      status: 'compensating',
      cancel: 'taken',
      reason: { code: 'CANCELLED' },
    })
  })

  test('a request to cancel after the start of the pivot is answered by its outcome: too late', async () => {
    let open = false
    const simulation = simulate({
      call: (callees) => async (request) => {
        if (request.operation === 'capture' && !open)
          throw frameworkError('ARC_UNAVAILABLE', 'closed', { effect: 'unknown' })
        return callees.call(request)
      },
    })
    const { engine } = startOn(simulation)
    await simulation.time.advance(2_000)
    simulation.store.commit([engine.requestCancel('fulfilOrder', 'order-1')])
    await simulation.time.advance(5_000)
    expect(await simulation.store.find(REFERENCE)).toMatchObject({ status: 'running', cancel: 'open' })
    open = true
    expect(await simulation.untilRest(REFERENCE, 100_000)).toMatchObject({
      status: 'completed',
      cancel: 'too-late',
    })
  })

  test('a paused owner is fenced: the new owner goes on, the old one stops at its next write', async () => {
    const simulation = simulate({ misfortunes: { requestLost: 0.5 } })
    const first = startOn(simulation)
    first.kill()
    simulation.host('host-2')
    const saga = await simulation.untilRest(REFERENCE, 100_000)
    expect(saga).toMatchObject({ status: 'completed', fence: 2 })
  })

  test('draining hands sagas back at once, without waiting for the lease', async () => {
    const simulation = simulate({ misfortunes: { requestLost: 1 } })
    const { engine } = startOn(simulation)
    await simulation.time.advance(1_000)
    const drained = engine.drain()
    await simulation.time.advance(100)
    await drained
    const claimed = await simulation.store.claimDue(
      'host-2',
      [{ saga: 'fulfilOrder', version: 1 }],
      Infinity,
      10,
    )
    expect(claimed.map(({ id }) => id)).toEqual(['order-1'])
  })

  test('a key that was used with another input is stuck, never a refusal', async () => {
    const simulation = simulate({
      call: (callees) => async (request) => {
        if (request.operation === 'authorise') throw frameworkError('ARC_KEY_REUSED', 'other input')
        return callees.call(request)
      },
    })
    startOn(simulation)
    expect(await simulation.untilRest(REFERENCE, 10_000)).toMatchObject({
      status: 'stuck',
      stuckOn: { code: 'ARC_KEY_REUSED', step: 'authorise' },
    })
  })

  test.each(['', 'x'.repeat(10_240), 'with space'])('refuses the id %j', (id) => {
    const { engine } = simulate().host('host-1')
    expect(() => engine.start('fulfilOrder', id, { orderId: 'o' }, ORIGIN)).toThrow('an id is 1 to 100')
  })

  test('refuses an input that does not fit, with its fields', () => {
    const { engine } = simulate().host('host-1')
    expect(() => engine.start('fulfilOrder', 'a', { orderId: 7 }, ORIGIN)).toThrow(
      expect.objectContaining({ code: 'ARC_INPUT_INVALID' }),
    )
  })
})

const FORWARD = ['reserveStock', 'authorise', 'capture', 'completeOrder'].flatMap((step) =>
  ['stored', 'sent', 'answered'].map((moment) => `saga.${step}.${moment}`),
)
const BACKWARD = [
  ...['authorise', 'reserveStock'].flatMap((step) =>
    ['undo-stored', 'undo-sent', 'undo-answered'].map((moment) => `saga.${step}.${moment}`),
  ),
  ...['stored', 'sent', 'answered'].map((moment) => `saga.undone.${moment}`),
]

test.each([
  ...FORWARD.map((point) => ({ point, refuses: [] })),
  ...BACKWARD.map((point) => ({ point, refuses: ['capture'] })),
  { point: 'saga.ended', refuses: [] },
])('killed at $point, another host brings it to its end', async ({ point, refuses }) => {
  const simulation = simulate({ killAt: point, misfortunes: { refuses } })
  startOn(simulation)
  simulation.host('host-2')
  const saga = await simulation.untilRest(REFERENCE, 60_000)
  expect(saga.status).toBe(refuses.length === 0 ? 'completed' : 'compensated')
  expect(saga.fence).toBe(point === 'saga.ended' ? 1 : 2)
  checkBooks(simulation, saga)
})

const chance = fc.integer({ min: 0, max: 40 }).map((percent) => percent / 100)
const misfortunes = fc.record({
  requestLost: chance,
  replyLost: chance,
  late: chance,
  duplicated: chance,
  refusedBeforeRecord: chance,
  inProgress: chance,
  refuses: fc.subarray(['reserve', 'authorise', 'capture', 'completeOrder', 'release', 'voidPayment'], {
    maxLength: 2,
  }),
})

test('whatever the network does and whoever dies, a saga ends completed, compensated or stuck, and its books add up', async () => {
  const scenario = fc.record({
    seed: fc.integer(),
    misfortunes,
    kills: fc.integer({ min: 0, max: 4 }),
    cancelled: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, misfortunes: bad, kills, cancelled }) => {
      const simulation = simulate({ seed, misfortunes: bad })
      const random = seeded(seed ^ 0x5f5f)
      let host = startOn(simulation)
      if (cancelled)
        simulation.time.timers.after(random.next() * 2_000, () =>
          simulation.store.commit([host.engine.requestCancel('fulfilOrder', 'order-1')]),
        )
      for (let kill = 0; kill < kills; kill++) {
        await simulation.time.advance(random.next() ** 4 * 6_000)
        host.kill()
        host = simulation.host(`host-${kill + 2}`)
      }
      const saga = await simulation.untilRest(REFERENCE, 10 * HOUR_MS)
      await simulation.time.advance(200_000)
      checkBooks(simulation, saga)
    }),
    { numRuns: 200 },
  )
}, 60_000)

function checkBooks({ callees }: Simulation, saga: SagaInstance): void {
  const count = (operation: string) =>
    callees.handled.filter((command) => command.operation === operation).length
  const keys = callees.handled.map(({ key }) => key)
  expect(callees.problems).toEqual([])
  expect(new Set(keys).size).toBe(keys.length)
  expect(['completed', 'compensated', 'stuck']).toContain(saga.status)
  const order: string[] = callees.handled
    .map(({ operation }) => operation)
    .filter((operation) => operation === 'release' || operation === 'voidPayment')
  expect(order).toEqual(['voidPayment', 'release'].filter((operation) => order.includes(operation)))
  if (count('capture') > 0) expect(order).toEqual([])
  if (saga.status === 'completed')
    expect([count('reserve'), count('authorise'), count('capture'), count('completeOrder')]).toEqual([
      1, 1, 1, 1,
    ])
  if (saga.status === 'compensated') {
    expect([
      count('reserve') - count('release'),
      count('authorise') - count('voidPayment'),
      count('capture'),
    ]).toEqual([0, 0, 0])
    expect(count('rejectOrder')).toBe(1)
  }
}
