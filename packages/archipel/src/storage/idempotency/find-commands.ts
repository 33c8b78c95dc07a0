import type { JsonObject } from '../../errors/index.ts'
import type { ServiceDatabase } from '../types.ts'
import type { CommandScope, StoredRefusal } from './idempotency-store.ts'

/** What the record of a command tells of it, without its answer: that may be anybody's business. */
export interface RecordedCommand extends CommandScope {
  readonly service: string
  readonly status: 'working' | 'answered' | 'refused'
  /** When its transaction began; of an activity, when it was settled. */
  readonly at: string
  readonly correlationId: string
  readonly refusal: StoredRefusal | undefined
  /** Of an activity that is settled. */
  readonly effect: JsonObject | undefined
}

/** The commands of a service that belong to requests, the oldest first. */
export async function findCommands(
  database: Pick<ServiceDatabase, 'service' | 'query'>,
  correlationIds: readonly string[],
  limit: number,
): Promise<RecordedCommand[]> {
  const rows = await database.query({
    name: 'archipel_command_find',
    text: `select operation, principal, key, status, at, correlation_id, effect,
        case when status = 'refused' then answer end as refusal
      from archipel_idempotency where correlation_id = any ($1) order by at, operation, key limit $2`,
    values: [correlationIds, limit],
  })
  return rows.map((row) => ({
    service: database.service,
    operation: String(row['operation']),
    principal: String(row['principal']),
    key: String(row['key']),
    // What the store wrote itself is not checked again.
    status: row['status'] as RecordedCommand['status'],
    at: String(row['at']),
    correlationId: String(row['correlation_id']),
    refusal: (row['refusal'] as StoredRefusal | null) ?? undefined,
    effect: (row['effect'] as JsonObject | null) ?? undefined,
  }))
}
