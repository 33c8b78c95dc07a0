import { expect, test } from 'vitest'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import { charge, openBench, until, type Bench } from './activity-runner.fixture.ts'
import type { ActivityRunner } from './runner-types.ts'

const input = { amount: 5 }
const metadata = { principal: undefined, correlationId: 'c', traceparent: undefined }

/** Starts activities with one transaction. */
async function start(
  bench: Bench,
  runner: ActivityRunner,
  ids: readonly string[],
  end: 'commit' | 'rollback',
) {
  await using transaction = await bench.database.begin()
  const started = ids.map((id) =>
    runner.start({ operation: 'charge', id, input, inputHash: Buffer.from('hash'), metadata }),
  )
  if (end === 'rollback') return
  await transaction.commit(started.map(({ statement }) => statement))
  for (const { committed } of started) committed()
}
const counting = (sent: string[], result: () => Promise<JsonValue> = async () => 'charged') =>
  charge({ effect: ({ key }) => (sent.push(key), result()) })

test('begins if and only if its transaction commits, once for each id', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const runner = bench.runner('a', counting(sent))
  runner.run()
  await start(bench, runner, ['1', '2'], 'rollback')
  await start(bench, runner, ['1', '2', '1'], 'commit')
  await start(bench, runner, ['2'], 'commit')
  await runner.idle()
  await start(bench, runner, ['1'], 'commit')
  await runner.idle()
  expect(new Set(sent).size).toBe(2)
  expect(sent).toHaveLength(2)
  expect((await bench.moments()).toSorted()).toEqual(['intend', 'intend', 'settle', 'settle'])
  expect(await bench.rows()).toEqual([])
})

test('another instance takes what its starter never looked at', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const silent = bench.runner('a', counting(sent))
  await start(bench, silent, ['1'], 'commit')
  expect(sent).toEqual([])
  const successor = bench.runner('b', counting(sent))
  successor.run()
  await until(async () => (await bench.rows()).length === 0)
  expect(sent).toHaveLength(1)
})

test('few are at work at once, all others wait in the database', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  let atOnce = 0
  let most = 0
  const waiting: (() => void)[] = []
  const activity = counting(sent, async () => {
    most = Math.max(most, ++atOnce)
    await new Promise<void>((resolve) => waiting.push(resolve))
    atOnce--
    return 'charged'
  })
  const runner = bench.runner('a', activity)
  runner.run()
  const ids = Array.from({ length: 20 }, (_, index) => String(index))
  await start(bench, runner, ids, 'commit')
  await until(async () => waiting.length === 8)
  for (const _ of ids) {
    await until(async () => waiting.length > 0)
    waiting.shift()?.()
  }
  await runner.idle()
  expect(most).toBe(8)
  expect(await bench.rows()).toEqual([])
})

test('an intent that fails waits for another try, and nothing is sent meanwhile', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  let fails = 2
  const activity = counting(sent)
  const runner = bench.runner('a', {
    ...activity,
    intend: (...moment) => (fails-- > 0 ? Promise.reject(new Error('not yet')) : activity.intend(...moment)),
  })
  runner.run()
  await start(bench, runner, ['1'], 'commit')
  await runner.idle()
  expect([sent.length, fails]).toEqual([1, -1])
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})

test('a refusal of its intent is its answer: nothing is sent', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const refusal = { code: 'NOT_WANTED', kind: 'refused', message: 'no' }
  const leftovers = { events: [], statements: [], committed: () => undefined }
  const runner = bench.runner('a', { ...counting(sent), intend: async () => ({ refusal, leftovers }) })
  runner.run()
  await start(bench, runner, ['1'], 'commit')
  await start(bench, runner, ['1'], 'commit')
  await runner.idle()
  expect(sent).toEqual([])
  expect(await bench.rows()).toEqual([])
})

test('what cannot be sent waits in the database, not in memory', async () => {
  await using bench = await openBench()
  let closed = true
  const activity = charge({
    repeat: 'never',
    effect: async () => {
      if (closed) throw frameworkError('ARC_NOTHING_SENT', 'no connection')
      return 'sent'
    },
  })
  const runner = bench.runner('a', activity)
  runner.run()
  await start(bench, runner, ['1'], 'commit')
  await until(async () => (await bench.rows()).some((row) => Number(row['attempts']) > 2))
  closed = false
  await runner.idle()
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})
