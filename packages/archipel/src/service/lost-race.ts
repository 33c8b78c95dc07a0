import { isKeyKnown, isSerializationFailure, isStalePlan, isUniqueViolation } from '../storage/index.ts'

/** The record of a key collides only where the lock on the key failed: the record that won is there the next time. */
const RECORD = 'archipel_idempotency_pkey'

/** Whether all of a transaction may be repeated because another one was faster: with fresh reads (and plans) it can succeed. */
export function isLostRace(error: unknown): boolean {
  return (
    isSerializationFailure(error) ||
    isStalePlan(error) ||
    isKeyKnown(error) ||
    isUniqueViolation(error, RECORD)
  )
}
