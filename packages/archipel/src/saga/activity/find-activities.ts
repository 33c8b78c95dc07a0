import type { ServiceDatabase } from '../../storage/index.ts'
import { ABOUT } from './activity-statements.ts'

/** An activity whose outcome is not settled yet. */
export interface OpenActivity {
  readonly service: string
  readonly operation: string
  /** The key that the other side gets. */
  readonly effectKey: string
  /** `started`: by a host of the former version; `intended`: nothing was sent yet. */
  readonly state: 'started' | 'intended' | 'working' | 'unknown'
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly firstSentAt: number
  readonly lastError: string | undefined
  readonly correlationId: string
}

/** The activities of a service that requests led to and that are still open. */
export async function findActivities(
  database: Pick<ServiceDatabase, 'service' | 'query'>,
  correlationIds: readonly string[],
  limit: number,
): Promise<OpenActivity[]> {
  const rows = await database.query({
    name: 'archipel_activity_about',
    text: ABOUT,
    values: [correlationIds, limit],
  })
  return rows.map((row) => ({
    service: database.service,
    operation: String(row['operation']),
    effectKey: String(row['effect_key']),
    // What the store wrote itself is not checked again.
    state: row['state'] as OpenActivity['state'],
    attempts: Number(row['attempts']),
    firstSentAt: Number(row['first_sent_at']),
    lastError: (row['last_error'] as string | null) ?? undefined,
    correlationId: String(row['correlation_id']),
  }))
}
