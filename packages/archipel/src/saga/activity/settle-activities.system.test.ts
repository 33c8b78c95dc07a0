import { expect, test } from 'vitest'
import type { ServiceDatabase } from '../../storage/index.ts'
import { charge, openBench, start, timers, until, type Bench } from './activity-runner.fixture.ts'
import type { BoundActivity } from './types.ts'

const IDS = ['1', '2', '3', '4', '5', '6', '7', '8']

/** Starts all and lets their outcomes be known at once. */
async function settledAtOnce(
  bench: Omit<Bench, 'database'> & { readonly database: ServiceDatabase },
  settle: (
    key: string,
    settles: () => ReturnType<BoundActivity['settle']>,
  ) => ReturnType<BoundActivity['settle']>,
  before: () => Promise<unknown> = async () => undefined,
) {
  const open = Promise.withResolvers<void>()
  let [sent, begun] = [0, 0]
  const activity = charge({ effect: () => (sent++, open.promise.then(() => 'charged')) })
  const counted: ServiceDatabase = {
    ...bench.database,
    begin: (opening) => (begun++, bench.database.begin(opening)),
  }
  const runner = bench.runner(
    'a',
    { ...activity, settle: (...moment) => settle(moment[3].key, () => activity.settle(...moment)) },
    counted,
  )
  runner.run()
  await start(bench, runner, IDS)
  await until(async () => sent === IDS.length)
  await before()
  begun = 0
  open.resolve()
  return { runner, transactions: () => begun }
}
const settledOnes = async (bench: Bench) =>
  (await bench.moments()).filter((moment) => moment === 'settle').length

test('what becomes known while another settlement is written shares the next transaction', async () => {
  await using bench = await openBench()
  const { runner, transactions } = await settledAtOnce(bench, (_key, settles) => settles())
  await runner.idle()
  expect(await settledOnes(bench)).toBe(IDS.length)
  // The first waits for nobody.
  expect(transactions()).toBe(2)
  expect(await bench.rows()).toEqual([])
})

test('one that fails holds up none of its group', async () => {
  await using bench = await openBench()
  let broken: string | undefined
  let mended = false
  const { runner } = await settledAtOnce(bench, (key, settles) => {
    const last = (broken ??= key) === key && !mended
    return last ? Promise.reject(new Error('a bug that is mended meanwhile')) : settles()
  })
  await until(async () => (await bench.rows()).length === 1)
  expect(await settledOnes(bench)).toBe(IDS.length - 1)
  mended = true
  await runner.idle()
  expect(await settledOnes(bench)).toBe(IDS.length)
})

test('one that another instance took over is left to it, the others of its group are settled', async () => {
  await using bench = await openBench()
  const take = "update archipel_activities set fence = fence + 1, owner = 'b/2' where key = '5'"
  const { runner } = await settledAtOnce(
    bench,
    (_key, settles) => settles(),
    () => bench.database.query({ text: take, values: [] }),
  )
  await until(async () => (await bench.rows()).length === 1)
  await until(async () => (await settledOnes(bench)) === IDS.length - 1)
  await runner.drain()
  expect(await bench.rows()).toEqual([{ state: 'working', attempts: 1 }])
})

test('one that takes long is no longer waited for by the others', async () => {
  await using bench = await openBench()
  const never = Promise.withResolvers<never>()
  let slow: string | undefined
  const seen: string[] = []
  await settledAtOnce(bench, (key, settles) => {
    seen.push(key)
    if (seen.length === 3) slow = key
    return key === slow ? never.promise : settles()
  })
  await until(async () => (await bench.rows()).length === 1)
  expect(await settledOnes(bench)).toBe(IDS.length - 1)
})

test('a transaction that begins late is given up without bringing the host down', async () => {
  await using bench = await openBench()
  let isSlow = false
  const database = {
    ...bench.database,
    async begin() {
      // Longer than a group is waited for: PostgreSQL stood still.
      if (isSlow) await timers.sleep(700)
      return bench.database.begin()
    },
  }
  const { runner } = await settledAtOnce(
    { ...bench, database },
    (_key, settles) => settles(),
    async () => (isSlow = true),
  )
  await runner.idle()
  // A rejection that nobody hears ends a host, and fails this run.
  expect(await settledOnes(bench)).toBe(IDS.length)
})
