export type {
  FrameworkStatement,
  LentClient,
  Migration,
  Queryable,
  ReadDatabase,
  Row,
  ServiceDatabase,
  SqlStatement,
  Transaction,
  WriteDatabase,
} from './types.ts'
export type { ClaimOutcome, CommandScope, IdempotencyStore, StoredRefusal } from './idempotency/idempotency-store.ts'
