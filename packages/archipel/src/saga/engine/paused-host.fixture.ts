/** A host that starts a saga and goes on with it, while a test pauses the process. It prints each call that it sends, and when it lets go. */
import { systemEnvironment } from '../../environment/index.ts'
import { createServiceDatabase, type ConnectionConfig } from '../../storage/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { fulfilOrder } from '../machine/example.fixture.ts'
import { createSagaStore } from '../store/postgres-saga-store.ts'
import { createSagaEngine } from './create-saga-engine.ts'
import { ORIGIN } from './simulation.fixture.ts'

const [connection, answers]: [ConnectionConfig, Record<string, unknown>] = JSON.parse(process.argv[2] ?? '[]')
const environment = systemEnvironment()
const database = createServiceDatabase({
  environment,
  service: 'orders',
  writer: connection,
  reader: connection,
})
const engine = createSagaEngine({
  environment,
  telemetry: quietTelemetry(),
  service: 'orders',
  instance: 'paused',
  definitions: [fulfilOrder],
  store: createSagaStore({ clock: environment.clock, database, leaseMs: 1_000 }),
  async call({ operation }) {
    process.stdout.write(`${operation}\n`)
    // Its timers alone would not keep this process alive; its connection does.
    await environment.timers.sleep(300)
    return answers[operation] ?? {}
  },
})
const { statement, instance } = engine.start(
  'fulfilOrder',
  'order-1',
  { orderId: 'order-1', quantity: 1 },
  ORIGIN,
)
await database.query(statement)
engine.adopt(instance)
await engine.idle()
process.stdout.write('let go\n')
await engine.close()
await database.close()
