import { isArchipelError, type ArchipelError } from '../../errors/index.ts'
import type { SagaEvent } from '../machine/events.ts'
import type { Refusal } from '../types.ts'

/**
 * What an error of one try says about its step. Known are only answers of the key's record: an error that the
 * contract declares and that is final, or the mark that the key is withdrawn. Everything else answers this try alone.
 */
export function outcomeOf(key: string, error: unknown): SagaEvent {
  if (!isArchipelError(error))
    return { is: 'unknown', key, error: { code: 'ARC_INTERNAL', message: String(error) } }
  if (error.code === 'ARC_KEY_REUSED') return { is: 'impossible', key, error: refusalOf(error) }
  if (error.code === 'ARC_WITHDRAWN' || (error.declaredBy !== undefined && error.final)) {
    return { is: 'refused', key, refusal: refusalOf(error) }
  }
  // A request that is still at work over there is asked for again soon: its hint is meant for clients outside.
  const retryAfterMs = error.code === 'ARC_KEY_IN_PROGRESS' ? undefined : error.retryAfterMs
  return { is: 'unknown', key, error: refusalOf(error), retryAfterMs }
}

function refusalOf({ code, message, details }: ArchipelError): Refusal {
  return { code, message, ...(details && { details }) }
}
