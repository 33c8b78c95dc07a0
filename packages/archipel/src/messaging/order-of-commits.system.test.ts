import { expect, test } from 'vitest'
import { connectAdmin, createServiceDatabase } from '../storage/index.ts'
import { createScene, event, subscription } from './scene.fixture.ts'

/** 20,000 in the long run; fewer show the same in a short one. */
const EVENTS = Number(process.env['ARCHIPEL_TEST_EVENTS'] ?? 20_000)
const WRITERS = 16
const ROLLBACKS = 0.05
const KEYS = 64

/** A reader as one writes it first: everything behind the last position that it saw. */
function naiveReader() {
  const seen = new Set<number>()
  let last = 0
  return {
    seen,
    take(rows: readonly { position: number }[]) {
      for (const { position } of rows) {
        seen.add(position)
        last = Math.max(last, position)
      }
    },
    get last() {
      return last
    },
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}

test(`${WRITERS} writers, ${EVENTS} events: none is skipped, none out of order in its key, and no writer waits for a reader`, async () => {
  await using scene = await createScene()
  const { timers, clock } = scene.environment
  const numbers = new Map<number, number>()
  let paused = false
  const messaging = scene.messaging([
    subscription('reserve', async (handled) => {
      numbers.set(handled.position, Number(handled.data['number']))
      if (numbers.size % 2_000 !== 1_000) return
      // The reader is paused now and then, in the middle of its transaction.
      paused = true
      await timers.sleep(500)
      paused = false
    }),
  ])
  await messaging.start()
  const writers = createServiceDatabase({
    environment: scene.environment,
    service: 'orders',
    ...scene.prepared.service('orders'),
    poolLimit: WRITERS,
  })
  await scene.admin.query('create table orders.counters (key text primary key, number int not null)')
  await scene.admin.query(
    `insert into orders.counters select 'key-' || n, 0 from generate_series(0, ${KEYS - 1}) n`,
  )
  await scene.admin.query(
    `do $$ begin execute format('grant all on orders.counters to %I', '${scene.prepared.service('orders').writer.user}'); end $$`,
  )

  const random = seeded(42)
  const waits: { ms: number; paused: boolean }[] = []
  const committed = new Set<string>()
  let begun = 0
  async function write(): Promise<void> {
    while (begun < EVENTS) {
      begun++
      const key = `key-${Math.floor(random() * KEYS)}`
      const rollsBack = random() < ROLLBACKS
      await using transaction = await writers.begin()
      // The common row gives the events of a key their order.
      const [row] = await transaction.query({
        name: 'bump',
        text: 'update counters set number = number + 1 where key = $1 returning number',
        values: [key],
      })
      const written = event(key, { number: Number(row?.['number']) })
      const append = messaging.eventLog('orders').append([written])
      const delayMs = random() * 50
      // A commit that is slow once the position is drawn: behind the append nothing may follow but COMMIT, so here it is the
      // client that is slow; the positions of others overtake it.
      const before = clock.monotonic()
      await transaction.query(append)
      waits.push({ ms: clock.monotonic() - before, paused })
      if (random() < 0.25) await timers.sleep(delayMs)
      if (rollsBack) await transaction.rollback()
      else {
        await transaction.commit([])
        committed.add(written.id)
        messaging.kick()
      }
    }
  }

  const naive = naiveReader()
  await using watcher = await connectAdmin(scene.prepared.bus)
  let writing = true
  async function readNaively(): Promise<void> {
    while (writing) {
      const rows = await watcher.query(
        'select position from archipel_bus.log where position > $1 order by position',
        [naive.last],
      )
      naive.take(rows.map((row) => ({ position: Number(row['position']) })))
      await timers.sleep(1)
    }
  }

  const started = clock.monotonic()
  const reading = readNaively()
  await Promise.all(Array.from({ length: WRITERS }, write))
  const writtenMs = clock.monotonic() - started
  writing = false
  await reading
  await messaging.idle()
  const handledMs = clock.monotonic() - started
  await writers.close()

  const got = await scene.seen('stock', 'reserve')
  const logged = await scene.admin.query('select position from archipel_bus.log order by position')
  const positions = got.map((row) => row.position)
  expect(logged.length).toBe(committed.size)
  expect(positions.toSorted((a, b) => a - b)).toEqual(logged.map((row) => row['position']))
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  const byKey = Map.groupBy(got, (row) => row.key)
  for (const rows of byKey.values())
    expect(rows.map((row) => numbers.get(row.position))).toEqual(rows.map((_, index) => index + 1))

  // The control: the same load, read by position alone, loses some.
  const skipped = logged.filter(
    (row) => Number(row['position']) <= naive.last && !naive.seen.has(Number(row['position'])),
  )
  expect(skipped.length).toBeGreaterThan(0)
  // A reader that took the lock would make writers wait for its pauses of 500 ms.
  const [whilePaused, otherwise] = [true, false].map((during) =>
    waits.filter((wait) => wait.paused === during).map((wait) => wait.ms),
  )
  expect(whilePaused?.length).toBeGreaterThan(50)
  expect(quantile(whilePaused ?? [], 0.99)).toBeLessThan(250)
  const [counters] = await messaging.operations.deliveryCounters()
  expect(counters).toMatchObject({ written: committed.size, handled: committed.size, inFlight: 0, drift: 0 })
  console.log(
    `${committed.size} events, ${EVENTS - committed.size} rolled back; written in ${Math.round(writtenMs)} ms, handled in ${Math.round(handledMs)} ms; ` +
      `append p99 ${quantile(whilePaused ?? [], 0.99).toFixed(1)} ms while the reader is paused, ${quantile(otherwise ?? [], 0.99).toFixed(1)} ms otherwise; ` +
      `the naive reader lost ${skipped.length}`,
  )
})

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
