/** A process that owns a saga and writes to it again and again; a test pauses it. It prints each new outcome of a write. */
import { systemEnvironment } from '../../environment/index.ts'
import { createServiceDatabase, type ConnectionConfig } from '../../storage/index.ts'
import type { SagaInstance } from '../types.ts'
import { createSagaStore } from './postgres-saga-store.ts'

const [connection, saga]: [ConnectionConfig, SagaInstance] = JSON.parse(process.argv[2] ?? '[]')
const environment = systemEnvironment()
const database = createServiceDatabase({
  environment,
  service: 'orders',
  writer: connection,
  reader: connection,
})
const store = createSagaStore({ clock: environment.clock, database, leaseMs: 1_000 })
await database.begin().then((transaction) => transaction.commit([store.start(saga, 'paused')]))
let last = ''
for (let tries = 1; last !== 'lost'; tries++) {
  const outcome = await store.save({ ...saga, tries }, 'paused', { release: false, onCancelRequest: 'keep' })
  await store.renew('paused', [saga])
  if (outcome !== last) process.stdout.write(`${outcome}\n`)
  last = outcome
  // Its timers alone would not keep this process alive; its connection does.
  await environment.timers.sleep(20)
}
await database.close()
