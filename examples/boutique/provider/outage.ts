import { DatabaseError, type Pool, type QueryConfig } from 'pg'

/** The database couldn't be asked or didn't answer. A write may or may not have been committed. */
export class Outage extends Error {
  override readonly name = 'Outage'
}

/** Connection, resources, shutdown, I/O, lost races, and a second writer of one key: a repeat may go better. */
const passingStates = /^(08|40|53|55|57|58|23505)/

/** The first row; an outage for what passes, the server's own error for what doesn't. */
export async function firstRow(pool: Pool, query: QueryConfig): Promise<unknown> {
  try {
    const { rows } = await pool.query<Record<string, unknown>>(query)
    return rows[0]
  } catch (cause) {
    // What isn't the server's own report is the driver's: refused, cut or timed out.
    if (cause instanceof DatabaseError && !passingStates.test(cause.code ?? '')) throw cause
    throw new Outage(cause instanceof Error ? cause.message : 'unknown failure', { cause })
  }
}
