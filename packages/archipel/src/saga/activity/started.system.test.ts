import { expect, test } from 'vitest'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import { charge, mortal, openBench, request, start, until, within } from './activity-runner.fixture.ts'
import type { ServiceDatabase } from '../../storage/index.ts'

const counting = (sent: string[], result: () => Promise<JsonValue> = async () => 'charged') =>
  charge({ effect: ({ key }) => (sent.push(key), result()) })

test('begins if and only if its transaction commits, once for each id', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const runner = bench.runner('a', counting(sent))
  runner.run()
  await start(bench, runner, ['1', '2'], 'rollback')
  await start(bench, runner, ['1', '2', '1'])
  await start(bench, runner, ['2'])
  await runner.idle()
  await start(bench, runner, ['1'])
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
  await start(bench, silent, ['1'])
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
  await start(bench, runner, ids)
  await until(async () => waiting.length === 8)
  for (const _ of ids) {
    await until(async () => waiting.length > 0)
    waiting.shift()?.()
  }
  await runner.idle()
  expect(most).toBe(8)
  expect(await bench.rows()).toEqual([])
})

/** What a caller of a started one would ask for. */
const asked = (activity: ReturnType<typeof charge>, key: string) => ({
  ...request(activity),
  scope: { operation: 'charge', principal: 'service:payments', key },
  inputHash: Buffer.from('hash'),
})

test('its key and its intent are written by the transaction that starts it', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const activity = counting(sent)
  const runner = bench.runner('a', activity)
  await start(bench, runner, ['1'], 'rollback')
  expect([await bench.moments(), await bench.rows()]).toEqual([[], []])
  await start(bench, runner, ['1'])
  expect(await bench.moments()).toEqual(['intend'])
  expect(await bench.rows()).toEqual([{ state: 'intended', attempts: 0 }])
  await expect(runner.execute(asked(activity, '1'), within(1_000))).rejects.toMatchObject({
    code: 'ARC_KEY_IN_PROGRESS',
  })
  expect(sent).toEqual([])
})

test('two that start the same one at once wait for each other, and one begins it', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const runner = bench.runner('a', counting(sent))
  runner.run()
  await Promise.all([
    start(bench, runner, ['1', '2']),
    start(bench, runner, ['2', '1']),
    start(bench, runner, ['2', '3']),
  ])
  await runner.idle()
  expect([sent.length, new Set(sent).size]).toEqual([3, 3])
})

test('an intent that fails fails the transaction: nothing begins', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const activity = counting(sent)
  let fails = true
  const runner = bench.runner('a', {
    ...activity,
    intend: (...moment) => (fails ? Promise.reject(new Error('not yet')) : activity.intend(...moment)),
  })
  runner.run()
  await expect(start(bench, runner, ['1'])).rejects.toThrow('not yet')
  fails = false
  await start(bench, runner, ['1'])
  await runner.idle()
  expect(sent).toHaveLength(1)
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})

test('a refusal of its intent is its answer: nothing is sent, and the others begin', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const activity = counting(sent)
  const refusal = { code: 'NOT_WANTED', kind: 'refused', message: 'no' }
  const leftovers = { events: [], statements: [], committed: () => undefined }
  let asks = 0
  const runner = bench.runner('a', {
    ...activity,
    intend: (...moment) =>
      asks++ === 0 ? Promise.resolve({ refusal, leftovers }) : activity.intend(...moment),
  })
  runner.run()
  await start(bench, runner, ['1', '2'])
  await start(bench, runner, ['1', '2'])
  await runner.idle()
  expect([sent.length, asks]).toEqual([1, 2])
  expect(await bench.rows()).toEqual([])
})

/** Counts the statements that took something. */
function countingTakes(database: ServiceDatabase, takes: number[]): ServiceDatabase {
  return {
    ...database,
    async query(statement) {
      const rows = await database.query(statement)
      if (statement.name === 'archipel_activity_take' && rows.length > 0) takes.push(rows.length)
      return rows
    },
  }
}

test('the first is taken at once, what follows gathers and is taken by one statement, in its order', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  const takes: number[] = []
  const activity = counting(sent)
  const runner = bench.runner('a', activity, countingTakes(bench.database, takes), { gatherMs: 1_000 })
  runner.run()
  await start(bench, runner, ['0'])
  await until(async () => sent.length === 1)
  const keys = ['1', '2', '3', '4', '5', '6', '7']
  const intended: string[] = []
  for (const key of keys) {
    await start(bench, runner, [key])
    const rows = await bench.database.query({
      text: "select call ->> 'key' as key from archipel_activities where key = $1",
      values: [key],
    })
    intended.push(String(rows[0]?.['key']))
  }
  await runner.idle()
  expect(takes).toEqual([1, 7])
  expect(sent.slice(1)).toEqual(intended)
})

test('a kill between taking and sending: listed where it never repeats, else asked again under its key', async () => {
  for (const repeat of ['never', 'same-key'] as const) {
    await using bench = await openBench()
    const sent: string[] = []
    const activity = charge({ repeat, effect: async ({ key }) => (sent.push(key), 'charged') })
    const dying = mortal(bench.database, 'archipel_activity_take')
    const first = bench.runner('a', activity, dying.database)
    await start(bench, first, ['1'])
    first.run()
    await dying.killed
    const successor = bench.runner('b', activity)
    successor.run()
    if (repeat === 'never') await until(async () => (await successor.unknown()).length === 1)
    else await until(async () => (await bench.rows()).length === 0)
    expect(sent).toHaveLength(repeat === 'never' ? 0 : 1)
  }
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
  await start(bench, runner, ['1'])
  await until(async () => (await bench.rows()).some((row) => Number(row['attempts']) > 2))
  closed = false
  await runner.idle()
  expect(await bench.moments()).toEqual(['intend', 'settle'])
})
