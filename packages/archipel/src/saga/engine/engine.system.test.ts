import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { connectAdmin, createServiceDatabase } from '../../storage/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { begin } from '../machine/begin.ts'
import { fulfilOrder } from '../machine/example.fixture.ts'
import { createSagaStore } from '../store/postgres-saga-store.ts'
import { sagaMigrations } from '../store/saga-migrations.ts'
import type { SagaStore } from '../types.ts'
import { createSagaEngine } from './create-saga-engine.ts'
import { createSimulatedCallees } from './simulated-callees.fixture.ts'
import { ORIGIN } from './simulation.fixture.ts'

const environment = systemEnvironment()
const ANSWERS = {
  reserve: { reservedAt: 'now' },
  authorise: { authorisation: 'a' },
  capture: { capturedAt: 'later' },
}
const MISFORTUNES = {
  requestLost: 0.02,
  replyLost: 0.02,
  late: 0,
  duplicated: 0.02,
  refusedBeforeRecord: 0,
  inProgress: 0.02,
  refuses: [],
}

async function openBench() {
  const throwaway = await createThrowawayDatabase()
  {
    await using admin = await connectAdmin(throwaway.connection)
    for (const { sql } of sagaMigrations) await admin.script(sql)
  }
  const database = createServiceDatabase({
    environment,
    service: 'orders',
    writer: throwaway.connection,
    reader: throwaway.connection,
  })
  return {
    connection: throwaway.connection,
    database,
    store: createSagaStore({ clock: environment.clock, database, leaseMs: 1_000 }),
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = environment.clock.monotonic() + 30_000
  while (!(await condition())) {
    if (environment.clock.monotonic() > end) throw new Error('waited in vain')
    await environment.timers.sleep(50)
  }
}

test('300 sagas on two hosts, one of which dies in the middle, all end completed, each step once', async () => {
  await using bench = await openBench()
  const callees = createSimulatedCallees(environment.timers, Math.random, MISFORTUNES, ANSWERS)
  let alive = true
  const never = new Promise<never>(() => {})
  const mortal: SagaStore = {
    ...bench.store,
    claimDue: (...passed) => (alive ? bench.store.claimDue(...passed) : never),
    save: (...passed) => (alive ? bench.store.save(...passed) : never),
    renew: (...passed) => (alive ? bench.store.renew(...passed) : never),
  }
  const engineOn = (instance: string, store: SagaStore) =>
    createSagaEngine({
      environment,
      telemetry: quietTelemetry(),
      service: 'orders',
      instance,
      definitions: [fulfilOrder],
      store,
      call: callees.call,
    })
  const first = engineOn('a', mortal)
  const second = engineOn('b', bench.store)
  first.run()
  second.run()
  for (let number = 0; number < 300; number++) {
    const engine = number % 2 === 0 ? first : second
    const { statement, instance } = engine.start(
      'fulfilOrder',
      `order-${number}`,
      { orderId: `order-${number}` },
      ORIGIN,
    )
    await bench.database.query(statement)
    engine.adopt(instance)
    if (number === 150) alive = false
  }
  await until(async () => (await bench.store.census()).counts.length === 0)
  const sagas = await bench.store.list({ limit: 1_000 })
  expect(sagas.map(({ status }) => status)).toEqual(Array.from({ length: 300 }, () => 'completed'))
  expect(callees.problems).toEqual([])
  expect(callees.handled).toHaveLength(4 * 300)
  await Promise.all([first.close(), second.close()])
})

test('an owner paused with SIGSTOP is refused its next write once another owns the saga', async () => {
  await using bench = await openBench()
  const saga = begin(
    fulfilOrder,
    { ...ORIGIN, service: 'orders', id: 'order-1', input: { orderId: 'order-1', quantity: 1 } },
    environment.clock.now(),
  )
  const script = fileURLToPath(new URL('../store/paused-owner.fixture.ts', import.meta.url))
  const owner = spawn(
    process.execPath,
    ['--conditions=archipel-source', script, JSON.stringify([bench.connection, saga])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]()
  try {
    expect((await lines.next()).value).toBe('saved')
    expect(
      await bench.store.claimDue('other', [{ saga: 'fulfilOrder', version: 1 }], environment.clock.now(), 1),
    ).toEqual([])
    owner.kill('SIGSTOP')
    await until(
      async () =>
        (
          await bench.store.claimDue(
            'other',
            [{ saga: 'fulfilOrder', version: 1 }],
            environment.clock.now(),
            1,
          )
        ).length === 1,
    )
    owner.kill('SIGCONT')
    expect((await lines.next()).value).toBe('lost')
    expect(await bench.store.find(saga)).toMatchObject({ fence: 2 })
  } finally {
    owner.kill('SIGKILL')
  }
})

test.each([
  ['before the pivot', 'authorise', ['authorise', 'capture', 'completeOrder']],
  ['in the pivot', 'capture', ['capture', 'completeOrder']],
])(
  'a host paused with SIGSTOP %s goes no step further once another has taken its saga',
  async (_, pausedAt, takenOver) => {
    await using bench = await openBench()
    const sent: { operation: string; key: string | undefined }[] = []
    const other = createSagaEngine({
      environment,
      telemetry: quietTelemetry(),
      service: 'orders',
      instance: 'other',
      definitions: [fulfilOrder],
      store: bench.store,
      async call({ operation, metadata }) {
        sent.push({ operation, key: metadata.idempotencyKey })
        return { completeOrder: {}, ...ANSWERS }[operation]
      },
    })
    const script = fileURLToPath(new URL('./paused-host.fixture.ts', import.meta.url))
    const paused = spawn(
      process.execPath,
      ['--conditions=archipel-source', script, JSON.stringify([bench.connection, ANSWERS])],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    try {
      const lines: string[] = []
      for await (const line of createInterface({ input: paused.stdout })) {
        lines.push(line)
        if (line !== pausedAt) continue
        paused.kill('SIGSTOP')
        other.run()
        await until(async () => (await bench.store.census()).counts.length === 0)
        paused.kill('SIGCONT')
      }
      // Its call was answered, and the write of that answer refused.
      expect(lines.slice(-2)).toEqual([pausedAt, 'let go'])
      expect(sent.map(({ operation }) => operation)).toEqual(takenOver)
      expect(await bench.store.find({ saga: 'fulfilOrder', id: 'order-1' })).toMatchObject({
        status: 'completed',
        fence: 2,
      })
      expect(sent.every(({ key }) => key?.endsWith('/run/1'))).toBe(true)
    } finally {
      paused.kill('SIGKILL')
      await other.close()
    }
  },
)
