import { systemEnvironment } from '../../environment/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import {
  createIdempotencyStore,
  createServiceDatabase,
  idempotencyMigrations,
  prepareDatabase,
} from '../index.ts'
import { describeIdempotencyStore } from './idempotency-store-contract.fixture.ts'

const environment = systemEnvironment()

describeIdempotencyStore('PostgreSQL', async () => {
  const throwaway = await createThrowawayDatabase()
  const prepared = await prepareDatabase({
    environment,
    admin: throwaway.connection,
    passwordSecret: 'a secret of tests',
    namespace: throwaway.namespace,
    services: [{ name: 'orders', migrations: [] }],
    framework: { shared: [], service: idempotencyMigrations },
  })
  const database = createServiceDatabase({ environment, service: 'orders', ...prepared.service('orders') })
  return {
    database,
    store: createIdempotencyStore(database),
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
})
