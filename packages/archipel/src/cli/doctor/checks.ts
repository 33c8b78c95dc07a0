/** What one look at a set-up found. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'fault'
  readonly found: string
  /** What to do; absent where there is nothing to do. */
  readonly advice?: string
}

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found }
}

/** It works, and somebody should know. */
export function warning(check: string, found: string, advice: string): Finding {
  return { check, state: 'warning', found, advice }
}

/** It does not work, or would lose what is promised. */
export function fault(check: string, found: string, advice: string): Finding {
  return { check, state: 'fault', found, advice }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
