import { expect, test } from 'vitest'
import type { ServiceDatabase } from '../../storage/index.ts'
import { charge, openBench, request, within } from './activity-runner.fixture.ts'
import type { BoundActivity } from './types.ts'

const refusal = { code: 'DECLINED', kind: 'refused', message: 'the bank says no' }
const undone = { refusal, undo: true, leftovers: { events: [], statements: [], committed: () => undefined } }

test('a refusal that an intent throws is the answer of the key, and nothing that was written stays', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'charged' })
  let intents = 0
  const refusing: BoundActivity = {
    ...activity,
    async intend(...moment) {
      await activity.intend(...moment)
      return intents++ === 0 ? undone : { intent: null, leftovers: undone.leftovers }
    },
  }
  const runner = bench.runner('a', refusing)
  for (let time = 0; time < 2; time++)
    await expect(runner.execute(request(refusing), within(5_000))).rejects.toMatchObject({ code: 'DECLINED' })
  expect(await bench.moments()).toEqual([])
  expect(await bench.rows()).toEqual([])
})

test('a refusal that a settlement throws is the answer of the key, and nothing that was written stays', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'charged' })
  const refusing: BoundActivity = {
    ...activity,
    async settle(...moment) {
      await activity.settle(...moment)
      return undone
    },
  }
  const runner = bench.runner('a', refusing)
  for (let time = 0; time < 2; time++)
    await expect(runner.execute(request(refusing), within(5_000))).rejects.toMatchObject({ code: 'DECLINED' })
  expect(await bench.moments()).toEqual(['intend'])
  expect(await bench.rows()).toEqual([])
})

test.each(['swallows', 'refuses', 'throws', 'sends nothing'])(
  'an intent that %s under a known key counts for nothing',
  async (mode) => {
    await using bench = await openBench()
    const activity = charge({ effect: async () => 'charged' })
    let known = false
    const careless: BoundActivity = {
      ...activity,
      async intend(...moment) {
        if (!known) return activity.intend(...moment)
        if (mode !== 'sends nothing') await activity.intend(...moment).catch(() => undefined)
        if (mode === 'refuses') return undone
        if (mode === 'throws') throw new Error('a bug of the intent')
        return { intent: 'another', leftovers: undone.leftovers }
      },
    }
    const runner = bench.runner('a', careless)
    const first = await runner.execute(request(careless), within(5_000))
    known = true
    expect(await runner.execute(request(careless), within(5_000))).toEqual(first)
    expect(await bench.moments()).toEqual(['intend', 'settle'])
  },
)

test('between a refusal and its record another request may get the key: then its answer is the answer', async () => {
  await using bench = await openBench()
  const activity = charge({ effect: async () => 'charged' })
  const rival = bench.runner('b', activity)
  const refusing: BoundActivity = { ...activity, intend: async () => undone }
  let begun = 0
  const database: ServiceDatabase = {
    ...bench.database,
    async begin(opening) {
      if (++begun === 2) await rival.execute(request(activity), within(5_000))
      return bench.database.begin(opening)
    },
  }
  const runner = bench.runner('a', refusing, database)
  expect(await runner.execute(request(refusing), within(5_000))).toEqual({ outcome: 'charged' })
})

test.each(['refuses', 'intends'])(
  'what an intent that %s leaves behind is told of when it is written, not before',
  async (mode) => {
    await using bench = await openBench()
    const activity = charge({ effect: async () => 'charged' })
    let told = 0
    const leftovers = { events: [], statements: [], committed: () => void told++ }
    const leaving: BoundActivity = {
      ...activity,
      intend: async () => (mode === 'refuses' ? { refusal, leftovers } : { intent: null, leftovers }),
    }
    const failing: ServiceDatabase = {
      ...bench.database,
      async begin(opening) {
        const transaction = await bench.database.begin(opening)
        return { ...transaction, commit: () => Promise.reject(new Error('the disk is full')) }
      },
    }
    const run = (database: ServiceDatabase) =>
      bench.runner('a', leaving, database).execute(request(leaving), within(5_000))
    await expect(run(failing)).rejects.toThrow('the disk is full')
    expect(told).toBe(0)
    await run(bench.database).catch(() => undefined)
    expect(told).toBe(1)
  },
)
