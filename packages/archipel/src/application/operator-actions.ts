import type { OperatorAction } from '../host/index.ts'
import { connectAdmin, type ConnectionConfig, type Migration } from '../storage/index.ts'

/** The record of what operators did: kept before it is done. */
export const controlMigrations: readonly Migration[] = [
  {
    name: '0001-operator-actions',
    sql: `create table operator_actions (
      number bigint generated always as identity primary key,
      at timestamptz not null,
      who text not null,
      why text not null,
      operation text not null,
      input jsonb not null,
      correlation_id text not null
    )`,
  },
]

/** Writes one action down. Actions are rare: each opens a connection of its own. */
export function recordActions(admin: ConnectionConfig): (action: OperatorAction) => Promise<void> {
  return async ({ at, who, why, operation, input, correlationId }) => {
    await using connection = await connectAdmin(admin)
    await connection.query(
      `insert into archipel.operator_actions (at, who, why, operation, input, correlation_id) values ($1, $2, $3, $4, $5, $6)`,
      [at, who, why, operation, JSON.stringify(input), correlationId],
    )
  }
}

/** An action as it was recorded, without what it was done with. */
export type RecordedAction = Pick<OperatorAction, 'at' | 'who' | 'why' | 'operation' | 'correlationId'>

/** Actions that name a thing anywhere in their input, or that made one of these requests; at most a thousand. */
export function findActions(
  admin: ConnectionConfig,
): (id: string, correlationIds: readonly string[]) => Promise<RecordedAction[]> {
  return async (id, correlationIds) => {
    await using connection = await connectAdmin(admin)
    const rows = await connection.query(
      `select at, who, why, operation, correlation_id from archipel.operator_actions
       where correlation_id = any ($2) or jsonb_path_exists(input, '$.** ? (@ == $id)', jsonb_build_object('id', $1::text))
       order by number limit 1000`,
      [id, correlationIds],
    )
    return rows.map((row) => ({
      at: String(row['at']),
      who: String(row['who']),
      why: String(row['why']),
      operation: String(row['operation']),
      correlationId: String(row['correlation_id']),
    }))
  }
}
