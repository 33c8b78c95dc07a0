import { expect, test } from 'vitest'
import { charge, openBench, until, type Bench } from './activity-runner.fixture.ts'

/** What a transaction of the former version left behind: no intent, no record of its key. */
async function startAsBefore({ database }: Bench, ids: readonly string[], owner?: string): Promise<void> {
  const call = { key: 'effect-key', input: { amount: 5 }, correlationId: 'c' }
  for (const id of ids)
    await database.query({
      text: `insert into archipel_activities
          (operation, principal, key, state, lease_until, attempts, first_sent_at, input_hash, call, intent, owner)
        values ('charge', 'service:payments', $1, 'started', clock_timestamp() + interval '1 hour', 0, 1, 'hash', $2, 'null', $3)`,
      values: [id, JSON.stringify(call), owner ?? null],
    })
}
const counting = (sent: string[]) =>
  charge({ effect: async ({ key }) => (sent.push(key), 'charged'), repeat: 'never' })

test('what the former version started is intended, sent and settled, once', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  await startAsBefore(bench, ['1', '2'])
  for (const instance of ['a', 'b']) bench.runner(instance, counting(sent)).run()
  await until(async () => (await bench.rows()).length === 0)
  expect(sent).toHaveLength(2)
  expect((await bench.moments()).toSorted()).toEqual(['intend', 'intend', 'settle', 'settle'])
})

test('what a host of the former version is about to begin is left to it', async () => {
  await using bench = await openBench()
  await startAsBefore(bench, ['1'], 'former/1')
  await startAsBefore(bench, ['2'])
  bench.runner('a', counting([])).run()
  await until(async () => (await bench.rows()).length === 1)
  expect(await bench.rows()).toEqual([{ state: 'started', attempts: 0 }])
})

test('what has its answer by now is not done again', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  await startAsBefore(bench, ['1'])
  await bench.database.query({
    text: `insert into archipel_idempotency (operation, principal, key, input_hash, status, answer)
      values ('charge', 'service:payments', '1', 'hash', 'answered', '{}')`,
    values: [],
  })
  bench.runner('a', counting(sent)).run()
  await until(async () => (await bench.rows()).length === 0)
  expect(sent).toEqual([])
})

test('an intent that fails is noted, holds up no other, and is tried again', async () => {
  await using bench = await openBench()
  const sent: string[] = []
  await startAsBefore(bench, ['1', '2'])
  const activity = counting(sent)
  let fails = true
  const runner = bench.runner('a', {
    ...activity,
    intend(...moment) {
      if (!fails) return activity.intend(...moment)
      fails = false
      return Promise.reject(new Error('not yet'))
    },
  })
  runner.run()
  await until(async () => sent.length === 1)
  const failed = async () =>
    await bench.database.query({ text: 'select key, last_error from archipel_activities', values: [] })
  await until(async () => (await failed()).length === 1)
  expect(await failed()).toEqual([{ key: '1', last_error: 'not yet' }])
})
