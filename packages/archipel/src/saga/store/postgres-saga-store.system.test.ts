import { systemEnvironment } from '../../environment/index.ts'
import { connectAdmin, createServiceDatabase } from '../../storage/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { createSagaStore } from './postgres-saga-store.ts'
import { sagaMigrations } from './saga-migrations.ts'
import { describeSagaStore } from './saga-store-contract.fixture.ts'

const environment = systemEnvironment()

describeSagaStore('PostgreSQL', async () => {
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
    store: createSagaStore({ clock: environment.clock, database, leaseMs: 300 }),
    async commit(statements) {
      await using transaction = await database.begin()
      await transaction.commit(statements)
    },
    pass: (milliseconds) => environment.timers.sleep(milliseconds),
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
})
