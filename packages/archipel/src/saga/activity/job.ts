import type { JsonValue } from '../../errors/index.ts'
import type { CommandScope, Row } from '../../storage/index.ts'
import type { ActivityCall } from './types.ts'

/** An activity between its two transactions, as its owner knows it. */
export interface Job {
  readonly scope: CommandScope
  readonly inputHash: Buffer
  readonly call: ActivityCall
  readonly intent: JsonValue
  readonly fence: number
  /** Sendings that were begun, the present one included. */
  attempts: number
  firstSentAt: number
  outcome: { readonly value: JsonValue } | undefined
  lastError: string | undefined
  /** Certainly nothing has left yet. */
  unsent: boolean
  /** A caller waits in this process. */
  readonly awaited: boolean
}

export function jobKey({ operation, principal, key }: CommandScope): string {
  return JSON.stringify([operation, principal, key])
}

interface Columns extends CommandScope {
  readonly fence: number
  readonly attempts: number
  readonly first_sent_at: number
  readonly input_hash: Buffer
  readonly call: Omit<ActivityCall, 'principal' | 'traceparent'> & Partial<ActivityCall>
  readonly intent: JsonValue
  readonly outcome: { readonly value: JsonValue } | null
  readonly last_error: string | null
  readonly unsent: boolean
}

/** A row that this store itself wrote. */
export function jobOf(row: Row): Job {
  const columns = row as unknown as Columns
  const { principal, traceparent, ...call } = columns.call
  return {
    scope: scopeOf(row),
    inputHash: columns.input_hash,
    call: { ...call, principal, traceparent },
    intent: columns.intent,
    fence: columns.fence,
    attempts: columns.attempts,
    firstSentAt: columns.first_sent_at,
    outcome: columns.outcome ?? undefined,
    lastError: columns.last_error ?? undefined,
    unsent: columns.unsent,
    awaited: false,
  }
}

export function scopeOf({ operation, principal, key }: Row): CommandScope {
  return { operation: String(operation), principal: String(principal), key: String(key) }
}
