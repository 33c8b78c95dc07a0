import { systemEnvironment } from '../../../environment/index.ts'
import { createServiceDatabase, prepareDatabase } from '../../../storage/index.ts'
import { createThrowawayDatabase } from '../../../testing/throwaway-database.ts'
import { inboxMigrations } from '../../inbox/inbox-migrations.ts'
import { createBusStore } from '../../keeper/bus-store.ts'
import { createMarks } from '../../keeper/marks.ts'
import { registerMembers } from '../../registration.ts'
import { describeEventLog, type EventLogUnderTest } from '../event-log-contract.fixture.ts'
import { busMigrations } from './bus-migrations.ts'
import { createEventLog } from './event-log.ts'

describeEventLog('PostgreSQL', async (): Promise<EventLogUnderTest> => {
  const environment = systemEnvironment()
  const throwaway = await createThrowawayDatabase()
  const prepared = await prepareDatabase({
    environment,
    admin: throwaway.connection,
    namespace: throwaway.namespace,
    passwordSecret: 'a secret of tests',
    services: ['orders', 'payments', 'stock'].map((name) => ({ name, migrations: [] })),
    framework: { shared: busMigrations.shared, service: inboxMigrations },
  })
  const open = (service: string) =>
    createServiceDatabase({ environment, service, ...prepared.service(service) })
  const databases = new Map(['orders', 'payments', 'stock'].map((service) => [service, open(service)]))
  const busConnection = createServiceDatabase({
    environment,
    service: 'bus',
    writer: prepared.bus,
    reader: prepared.bus,
  })
  const bus = createBusStore(busConnection)
  const marks = createMarks()
  await registerMembers(bus, databases)
  const databaseOf = (service: string) => databases.get(service) ?? open(service)

  return {
    logOf: (service) => createEventLog(databaseOf(service)),
    async append(service, events) {
      const database = databaseOf(service)
      const transaction = await database.begin()
      await transaction.query(createEventLog(database).append(events))
      return {
        commit: async () => void (await transaction.commit([])),
        rollback: () => transaction.rollback(),
      }
    },
    async subscribe(definition) {
      const rest = { onPoison: 'skip', retry: { attempts: 1, firstDelayMs: 0, longestDelayMs: 0 } } as const
      await bus.subscribe(
        { ...definition, ...rest, handle: () => Promise.reject(new Error('not called')) },
        undefined,
      )
    },
    async mark() {
      // Twice: what the first one found open may have ended by then.
      for (const _ of [1, 2]) {
        const { last, holders } = await bus.survey(undefined)
        marks.surveyed(last, holders, 0)
      }
      return marks.mark
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...databases.values(), busConnection].map((database) => database.close()))
      await throwaway[Symbol.asyncDispose]()
    },
  }
})
