import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { createVirtualTime } from '../../testing/index.ts'
import { resolveSettings } from '../settings.ts'
import type { BusStore, Survey } from './bus-store.ts'
import { createKeeper, type MarkRise } from './keeper.ts'

/** A keeper of a bus that answers with `now`, whatever that is at the time. */
function scene(now: { survey: Survey | Error }) {
  const time = createVirtualTime()
  const rises: (readonly [from: number, to: number])[] = []
  const bus: BusStore = {
    survey: async () => {
      if (now.survey instanceof Error) throw now.survey
      return now.survey
    },
    kinds: async () => ['orders orders.orderPlaced.v1'],
    unknownWriters: async () => 0,
    makePartitions: async () => undefined,
    join: async () => undefined,
    subscribe: async () => 0,
    written: async () => ({ written: 0, open: [] }),
    foldWritten: async () => undefined,
  }
  const keeper = createKeeper({
    environment: { ...systemEnvironment(), ...time },
    log: quietTelemetry().log,
    bus,
    settings: resolveSettings(),
    onRise: ({ from, to }: MarkRise) => void rises.push([from, to]),
  })
  return { time, keeper, rises }
}

const found = (last: number, holders: string[] = [], backend = 1): Survey => ({
  last,
  holders,
  kinds: undefined,
  backend,
})

test('the mark rises at the idle poll without anybody kicking, and a little after a kick', async () => {
  const now: { survey: Survey | Error } = { survey: found(5) }
  const { time, keeper, rises } = scene(now)
  keeper.start()
  await time.advance(10)
  now.survey = found(8)
  await time.advance(100)
  expect(rises).toEqual([[0, 5]])
  await time.advance(200)
  expect(rises).toEqual([[0, 5], [5, 8]]) // prettier-ignore
  now.survey = found(9)
  keeper.kick()
  await time.advance(5)
  expect(keeper.mark).toBe(9)
})

test('a look that found nothing keeps no writer waiting, one that found something is not repeated at once', async () => {
  const now: { survey: Survey | Error } = { survey: found(5) }
  const { time, keeper } = scene(now)
  keeper.start()
  await time.advance(260)
  now.survey = found(6)
  keeper.kick()
  await time.advance(0)
  expect(keeper.mark).toBe(6)
  now.survey = found(7)
  keeper.kick()
  await time.advance(resolveSettings().busyPollMs - 1)
  expect(keeper.mark).toBe(6)
  await time.advance(1)
  expect(keeper.mark).toBe(7)
})

test('nothing is concluded from writers that a crash of the server has ended: their positions come again', async () => {
  const now: { survey: Survey | Error } = { survey: found(32) }
  const { time, keeper, rises } = scene(now)
  keeper.start()
  await time.advance(10)
  now.survey = found(40, ['3/17'])
  await time.advance(300)
  now.survey = new Error('the connection was lost')
  await time.advance(300)
  // The crash took the sequence back to what was on disk; 33 to 40 will be drawn again.
  now.survey = found(32, [], 2)
  await time.advance(600)
  expect(keeper.mark).toBe(32)
  now.survey = found(34, [], 2)
  await time.advance(300)
  expect(rises).toEqual([[0, 32], [0, 32], [32, 34]]) // prettier-ignore
})

test('the first mark is found under a load in which there is always some writer', async () => {
  const now: { survey: Survey | Error } = { survey: found(1, ['3/1']) }
  const { time, keeper } = scene(now)
  keeper.start()
  for (let writer = 2; writer < 20; writer++) {
    await time.advance(60)
    now.survey = found(writer, [`3/${writer}`])
  }
  expect(keeper.mark).toBeGreaterThan(10)
})
