import { expect, test } from 'vitest'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import { createFaultPoints } from '../../testing/fault-points.ts'
import {
  charge,
  clock,
  mortal,
  openBench,
  request,
  timers,
  until,
  within,
} from './activity-runner.fixture.ts'

test('intends, acts, settles; a repeat gets the stored answer and acts no more', async () => {
  await using bench = await openBench()
  const keys: string[] = []
  const activity = charge({ effect: async ({ key }) => (keys.push(key), 'charged') })
  const runner = bench.runner('a', activity)
  expect(await runner.execute(request(activity), within(5_000))).toEqual({ outcome: 'charged' })
  expect(await runner.execute(request(activity), within(5_000))).toEqual({ outcome: 'charged' })
  await expect(runner.execute(request(activity, 'key-1', 'other'), within(5_000))).rejects.toMatchObject({
    code: 'ARC_KEY_REUSED',
  })
  expect(keys).toHaveLength(1)
  expect(await bench.moments()).toEqual(['intend', 'settle'])
  expect(await bench.rows()).toEqual([])
})

test('an unknown outcome is asked for again under the same key until it is known', async () => {
  await using bench = await openBench()
  const seen: string[] = []
  const activity = charge({
    async effect({ key, attempt }) {
      seen.push(`${key} ${attempt}`)
      if (attempt < 3) throw new Error('the connection broke')
      return 'charged'
    },
  })
  expect(await bench.runner('a', activity).execute(request(activity), within(5_000))).toEqual({
    outcome: 'charged',
  })
  expect(seen).toEqual([1, 2, 3].map((attempt) => `${seen[0]?.split(' ')[0]} ${attempt}`))
})

test('a refusal of the other side is a known outcome: stored as the answer of the key', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'declined' })
  const runner = bench.runner('a', activity)
  for (let time = 0; time < 2; time++) {
    await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
      code: 'DECLINED',
      kind: 'refused',
      declaredBy: 'payments',
    })
  }
})

test('a caller whose time ends learns that the outcome is unknown; the activity goes on, a repeat waits its turn', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: () => timers.sleep(300).then(() => 'charged') })
  const runner = bench.runner('a', activity)
  await expect(runner.execute(request(activity), within(50))).rejects.toMatchObject({
    code: 'ARC_DEADLINE',
    effect: 'unknown',
  })
  await expect(runner.execute(request(activity), within(50))).rejects.toMatchObject({
    code: 'ARC_KEY_IN_PROGRESS',
  })
  await runner.idle()
  expect(await runner.execute(request(activity), within(50))).toEqual({ outcome: 'charged' })
})

test('what fails after the intent is committed has an effect that is unknown: it goes on without its caller', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'charged' })
  const faults = createFaultPoints()
  faults.fail('activity.charge.intended')
  const runner = bench.runner('a', activity, bench.database, {}, faults)
  runner.run()
  await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
    code: 'ARC_INTERNAL',
    effect: 'unknown',
  })
  await until(async () => (await bench.rows()).length === 0)
  expect(await runner.execute(request(activity), within(5_000))).toEqual({ outcome: 'charged' })
})

test('its undo must come again while it is at work', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: () => timers.sleep(200).then(() => 'charged') })
  const runner = bench.runner('a', activity)
  const forward = runner.execute(request(activity), within(5_000))
  await until(async () => (await bench.rows()).length === 1)
  const undoes = [
    { operation: 'charge', principal: 'service:orders', key: 'key-1', firstSentAt: clock.now() },
  ]
  await expect(
    runner.execute({ ...request(activity, 'undo-1'), undoes }, within(5_000)),
  ).rejects.toMatchObject({ code: 'ARC_KEY_IN_PROGRESS' })
  expect(await forward).toEqual({ outcome: 'charged' })
  expect(await runner.execute({ ...request(activity, 'undo-1'), undoes }, within(5_000))).toEqual({
    outcome: 'charged',
  })
})

test('an undo that comes first withdraws its forward, and there is nothing to undo', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'charged' })
  const runner = bench.runner('a', activity)
  const undoes = [
    { operation: 'charge', principal: 'service:orders', key: 'key-1', firstSentAt: clock.now() },
  ]
  expect(await runner.execute({ ...request(activity, 'undo-1'), undoes }, within(5_000))).toBeNull()
  await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
    code: 'ARC_WITHDRAWN',
  })
  expect(await bench.moments()).toEqual([])
})

test('another instance takes over after a kill and asks under the same key; the old owner settles nothing any more', async () => {
  await using bench = await openBench()
  const first = mortal(bench.database)
  let answerLate: (value: JsonValue) => void = () => {}
  const slow = charge({ effect: () => new Promise((resolve) => (answerLate = resolve)) })
  const dead = bench.runner('a', slow, first.database)
  void dead.execute(request(slow), within(60_000)).catch(() => undefined)
  await until(async () => (await bench.rows()).length === 1)
  first.kill()
  const activity = charge({ effect: async () => 'charged by b' })
  const successor = bench.runner('b', activity)
  successor.run()
  await until(async () => (await bench.rows()).length === 0)
  first.revive()
  answerLate('charged by a')
  await dead.idle()
  expect(await successor.execute(request(activity), within(5_000))).toEqual({ outcome: 'charged by b' })
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})

test('an effect that may run once only is listed after a kill, and a person resolves it', async () => {
  await using bench = await openBench()
  const first = mortal(bench.database)
  const hanging = charge({ repeat: 'never', effect: () => new Promise(() => {}) })
  void bench
    .runner('a', hanging, first.database)
    .execute(request(hanging), within(60_000))
    .catch(() => undefined)
  await until(async () => (await bench.rows()).length === 1)
  first.kill()
  let sent = 0
  const activity = charge({ repeat: 'never', effect: async () => (sent++, 'sent') })
  const successor = bench.runner('b', activity)
  successor.run()
  await until(async () => (await successor.unknown()).length === 1)
  expect(await successor.unknown()).toMatchObject([
    { scope: { key: 'key-1' }, intent: { charging: { amount: 5 } }, attempts: 1 },
  ])
  await expect(successor.execute(request(activity), within(1_000))).rejects.toMatchObject({
    code: 'ARC_KEY_IN_PROGRESS',
  })
  const { scope } = request(activity)
  await successor.resolve(scope, 'seen in their books', { who: 'ann', why: 'called them' })
  await successor.idle()
  expect(await successor.execute(request(activity), within(1_000))).toEqual({
    outcome: 'seen in their books',
  })
  expect(sent).toBe(0)
  await expect(successor.sendAgain(scope, { who: 'ann', why: 'twice' })).rejects.toMatchObject({
    code: 'ARC_ACTION_REFUSED',
  })
})

test('sending again is a decision of a person', async () => {
  await using bench = await openBench()
  let sent = 0
  const activity = charge({
    repeat: 'never',
    async effect() {
      if (sent++ === 0) throw new Error('cut')
      return 'sent'
    },
  })
  const runner = bench.runner('a', activity)
  await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
    code: 'ARC_UNAVAILABLE',
    effect: 'unknown',
  })
  await runner.sendAgain(request(activity).scope, { who: 'ann', why: 'better twice than never' })
  await runner.idle()
  expect(await runner.execute(request(activity), within(5_000))).toEqual({ outcome: 'sent' })
  expect(sent).toBe(2)
})

const nothingSent = () => Promise.reject(frameworkError('ARC_NOTHING_SENT', 'no connection'))

test('an effect that may run once only is tried again while nothing has left, and runs once', async () => {
  await using bench = await openBench()
  let sent = 0
  const activity = charge({
    repeat: 'never',
    effect: ({ attempt }) => (attempt < 4 ? nothingSent() : Promise.resolve(`sent ${++sent}`)),
  })
  const runner = bench.runner('a', activity)
  expect(await runner.execute(request(activity), within(5_000))).toEqual({ outcome: 'sent 1' })
})

test('nothing has left, then a kill: another instance sends it', async () => {
  await using bench = await openBench()
  const closed = charge({ repeat: 'never', effect: nothingSent })
  // Killed right after it wrote down that it will try again.
  const first = mortal(bench.database, 'archipel_activity_postpone')
  void bench
    .runner('a', closed, first.database)
    .execute(request(closed), within(60_000))
    .catch(() => undefined)
  await first.killed
  let sent = 0
  const activity = charge({ repeat: 'never', effect: async () => `sent ${++sent}` })
  const successor = bench.runner('b', activity)
  successor.run()
  await until(async () => (await bench.rows()).length === 0)
  expect(await successor.execute(request(activity), within(1_000))).toEqual({ outcome: 'sent 1' })
})

test('nothing had left, but a kill falls into the next sending: it is listed, not sent again', async () => {
  await using bench = await openBench()
  const first = mortal(bench.database)
  let sending = false
  const cut = charge({
    repeat: 'never',
    effect: ({ attempt }) => (attempt < 3 ? nothingSent() : ((sending = true), new Promise(() => {}))),
  })
  void bench
    .runner('a', cut, first.database)
    .execute(request(cut), within(60_000))
    .catch(() => undefined)
  await until(async () => sending)
  first.kill()
  let again = 0
  const activity = charge({ repeat: 'never', effect: async () => (again++, 'sent') })
  const successor = bench.runner('b', activity)
  successor.run()
  await until(async () => (await successor.unknown()).length === 1)
  expect(again).toBe(0)
})

test('what could not be sent for longer than its key lives is listed', async () => {
  await using bench = await openBench()
  const activity = charge({ repeat: 'never', keyLifetimeMs: 1, effect: nothingSent })
  const runner = bench.runner('a', activity)
  await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
    code: 'ARC_UNAVAILABLE',
  })
  const [listed] = await runner.unknown()
  expect(listed?.lastError).toMatch(/ARC_NOTHING_SENT: no connection; for too long/)
})

test('a key that the other side has forgotten is never repeated', async () => {
  await using bench = await openBench()
  let sent = 0
  const activity = charge({
    keyLifetimeMs: 1,
    effect() {
      sent++
      return Promise.reject(new Error('cut'))
    },
  })
  const runner = bench.runner('a', activity)
  await expect(runner.execute(request(activity), within(5_000))).rejects.toMatchObject({
    code: 'ARC_UNAVAILABLE',
    effect: 'unknown',
  })
  expect(sent).toBe(1)
  expect(await runner.unknown()).toHaveLength(1)
})

test('a settlement that fails is repeated without the effect', async () => {
  await using bench = await openBench()
  let sent = 0
  let settled = 0
  const activity = charge({
    effect: async () => (sent++, 'charged'),
    settle() {
      if (settled++ < 2) throw new Error('a bug that was mended meanwhile')
    },
  })
  expect(await bench.runner('a', activity).execute(request(activity), within(5_000))).toEqual({
    outcome: 'charged',
  })
  expect([sent, settled]).toEqual([1, 3])
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})

test('draining hands an activity back that waits for another try', async () => {
  await using bench = await openBench()
  let open = false
  const activity = charge({ effect: async () => (open ? 'charged' : Promise.reject(new Error('closed'))) })
  const first = bench.runner('a', activity)
  void first.execute(request(activity), within(60_000)).catch(() => undefined)
  await until(async () => (await bench.rows()).length === 1)
  await first.drain()
  open = true
  const second = bench.runner('b', activity)
  second.run()
  await until(async () => (await bench.rows()).length === 0)
  expect(await second.execute(request(activity), within(1_000))).toEqual({ outcome: 'charged' })
})
