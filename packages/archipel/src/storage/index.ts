export { connectAdmin } from './connection/admin.ts'
export {
  isKeyKnown,
  isSerializationFailure,
  isStalePlan,
  isUniqueViolation,
  unreadableValue,
} from './connection/errors.ts'
export { findCommands } from './idempotency/find-commands.ts'
export { idempotencyMigrations } from './idempotency/idempotency-migrations.ts'
export { RECORDS_AT_ONCE, removeExpiredRecords } from './idempotency/expired-records.ts'
export { createIdempotencyStore } from './idempotency/postgres-idempotency-store.ts'
export { lockNumber } from './locks.ts'
export { prepareDatabase } from './schema/prepare-database.ts'
export { readMigrations } from './schema/read-migrations.ts'
export { inspectEmbedded } from './embedded/inspect-embedded.ts'
export { openDatabaseServer, readUrl } from './server/database-server.ts'
export { inspectServer } from './server/inspect-server.ts'
export { sql } from './sql/sql.ts'
export { requireNewKey, underNewKey } from './transaction/new-key.ts'
export { createServiceDatabase } from './transaction/service-database.ts'

export type { AdminConnection } from './connection/admin.ts'
export type { ConnectionConfig } from './connection/connection.ts'
export type {
  ClaimOutcome,
  CommandScope,
  IdempotencyStore,
  SettledRecord,
  StoredRefusal,
} from './idempotency/idempotency-store.ts'
export type { RecordedCommand } from './idempotency/find-commands.ts'
export type {
  FrameworkMigrations,
  PreparedDatabase,
  PrepareDatabaseOptions,
} from './schema/prepare-database.ts'
export type { DatabaseServer } from './server/database-server.ts'
export type { ServerReport } from './server/inspect-server.ts'
export type { OpenServiceDatabase } from './transaction/service-database.ts'
export type {
  FrameworkStatement,
  Migration,
  Opening,
  Queryable,
  ReadDatabase,
  Row,
  ServiceDatabase,
  SqlStatement,
  Transaction,
  WriteDatabase,
} from './types.ts'
