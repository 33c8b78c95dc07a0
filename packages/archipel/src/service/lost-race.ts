/** What PostgreSQL says when a transaction lost against another one: serialization failure and deadlock. */
const LOST = ['40001', '40P01']
const UNIQUE_VIOLATION = '23505'

/**
 * Whether all of a transaction may be repeated because another one was faster: with fresh reads it can succeed.
 * So is a collision on a table of the framework: the record that won is there to be read the next time.
 */
export function isLostRace(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  if (LOST.includes(error.code)) return true
  const ours = 'table' in error && typeof error.table === 'string' && error.table.startsWith('archipel_')
  return error.code === UNIQUE_VIOLATION && ours
}
