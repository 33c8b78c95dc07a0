import type { JsonValue } from '../../errors/index.ts'
import { lockNumber } from '../locks.ts'
import { quoted } from '../schema/names.ts'
import type { FrameworkStatement, Row, ServiceDatabase } from '../types.ts'
import type {
  ClaimOutcome,
  CommandRecord,
  CommandScope,
  IdempotencyStore,
  SettledRecord,
  StoredRefusal,
} from './idempotency-store.ts'

/** How long records are kept: a saga may ask about a step for as long. */
const RECORD_RETENTION = '30 days'

/** The store in the service's own database; its tables come from `idempotencyMigrations`. */
export function createIdempotencyStore(database: ServiceDatabase): IdempotencyStore {
  const { service } = database
  return {
    takeNew: (scope) => takeNew(service, scope),
    async claim(transaction, scope, inputHash, undoes) {
      const rows = await transaction.query({
        name: 'archipel_command_claim',
        text: 'select outcome, stored from archipel_command_claim($1, $2, $3, $4, $5, $6)',
        values: [
          ...partsOf(scope),
          inputHash,
          undoes === undefined ? null : JSON.stringify(undoes),
          RECORD_RETENTION,
        ],
      })
      return outcomeOf(rows[0])
    },
    async look(scope, inputHash) {
      const rows = await database.query({
        name: 'archipel_command_look',
        text: `select archipel_command_outcome(status, input_hash = $4) as outcome, answer as stored
          from archipel_idempotency where operation = $1 and principal = $2 and key = $3`,
        values: [...partsOf(scope), inputHash],
      })
      const outcome = outcomeOf(rows[0])
      return outcome.is === 'in-progress' ? { is: 'new' } : outcome
    },
    answered: (record, answer) => recorded(record, 'answered', answer),
    refused: (record, refusal) => recorded(record, 'refused', { ...refusal }),
    working: ({ scope, inputHash, correlationId }) => ({
      name: 'archipel_command_working',
      text: "insert into archipel_idempotency (operation, principal, key, input_hash, correlation_id, status) values ($1, $2, $3, $4, $5, 'working')",
      values: [...partsOf(scope), inputHash, correlationId],
    }),
    async beginWorking(transaction, records) {
      const begun = await transaction.query({
        name: 'archipel_command_begin_working',
        text: BEGIN_WORKING,
        values: columnsOf(records),
      })
      // The same key twice in one go is one.
      const named = new Map(records.map((record) => [nameOf(record.scope), record] as const))
      return begun.flatMap((row) => named.get(nameOf(row)) ?? [])
    },
    settled: settleMany,
  }
}

/** In the order of keys, so that two that begin the same ones wait for each other instead of deadlocking. */
const BEGIN_WORKING = `insert into archipel_idempotency (operation, principal, key, input_hash, correlation_id, status)
  select *, 'working' from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[]) order by 1, 2, 3
  on conflict do nothing returning operation, principal, key`

function columnsOf(records: readonly CommandRecord[]): unknown[][] {
  const parts = records.map(({ scope }) => partsOf(scope))
  return [
    ...[0, 1, 2].map((index) => parts.map((part) => part[index])),
    records.map(({ inputHash }) => inputHash),
    records.map(({ correlationId }) => correlationId),
  ]
}

function nameOf({ operation, principal, key }: CommandScope | Row): string {
  return JSON.stringify([operation, principal, key])
}

/**
 * Two statements, as the snapshot of one is older than a lock taken in it. The lock's number is that of the function
 * `archipel_command_lock`, composed here: a function call costs the server more than all the rest of this.
 */
function takeNew(service: string, scope: CommandScope): readonly FrameworkStatement[] {
  const parts = partsOf(scope)
  return [
    {
      name: 'archipel_command_take',
      text: `select archipel_command_known() where not pg_try_advisory_xact_lock(${lockNumber('command', '$1')})`,
      values: [[quoted(service), ...parts].join('\x1f')],
    },
    {
      name: 'archipel_command_new',
      text: 'select archipel_command_known() from archipel_idempotency where operation = $1 and principal = $2 and key = $3',
      values: parts,
    },
  ]
}

/** A plain insert: the key was taken as a new one, and if it isn't, the primary key says so. */
function recorded(
  { scope, inputHash, correlationId }: CommandRecord,
  status: 'answered' | 'refused',
  answer: JsonValue,
): FrameworkStatement {
  return {
    name: 'archipel_command_record',
    text: `insert into archipel_idempotency (operation, principal, key, input_hash, correlation_id, status, answer)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [...partsOf(scope), inputHash, correlationId, status, JSON.stringify(answer)],
  }
}

function settleMany(records: readonly SettledRecord[]): FrameworkStatement {
  const outcomes = records.map(({ outcome }) => outcome)
  return {
    name: 'archipel_command_settle_many',
    text: 'select archipel_command_settle_many($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [
      ...columnsOf(records),
      outcomes.map((outcome) => ('refusal' in outcome ? 'refused' : 'answered')),
      outcomes.map((outcome) => JSON.stringify('refusal' in outcome ? outcome.refusal : outcome.answer)),
      records.map(({ effect }) => effect && JSON.stringify(effect)),
    ],
  }
}

function partsOf({ operation, principal, key }: CommandScope): string[] {
  return [operation, principal, key]
}

function outcomeOf(row: Row | undefined): ClaimOutcome {
  const outcome = row?.outcome
  // What the store wrote itself is not checked again.
  if (outcome === 'answered') return { is: 'answered', answer: row?.stored as JsonValue }
  if (outcome === 'refused') return { is: 'refused', refusal: row?.stored as StoredRefusal }
  if (
    outcome === 'in-progress' ||
    outcome === 'reused' ||
    outcome === 'withdrawn' ||
    outcome === 'nothing-to-undo'
  )
    return { is: outcome }
  return { is: 'new' }
}
