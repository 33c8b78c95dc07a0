import type { ServiceDatabase } from '../types.ts'

export interface ExpiredRecords {
  /** Records from before it are past their time. */
  readonly before: Date
  /** Since then sagas have been under way that may ask about their steps again: those records stay. */
  readonly askedSince: Date | undefined
}

/** Records that go in one transaction. */
export const RECORDS_AT_ONCE = 1_000

/**
 * Removes records that nobody may ask for any more, a few at a time and none that a command holds: run it again
 * while it removes {@link RECORDS_AT_ONCE}. The keys of saga steps end in direction and attempt. @returns how many.
 */
export async function removeExpiredRecords(
  database: Pick<ServiceDatabase, 'query'>,
  { before, askedSince }: ExpiredRecords,
): Promise<number> {
  const removed = await database.query({
    name: 'archipel_command_expire',
    text: `delete from archipel_idempotency where ctid = any (array(
      select ctid from archipel_idempotency
      where at < $1 and status <> 'working' and (at < $2 or key !~ '/(run|undo)/[0-9]+$')
      limit ${RECORDS_AT_ONCE} for update skip locked)) returning 1`,
    values: [before.toISOString(), (askedSince ?? before).toISOString()],
  })
  return removed.length
}
