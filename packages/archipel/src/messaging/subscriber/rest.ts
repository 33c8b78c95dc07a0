/** Times `everyMs`: the longest that a page is waited for while pages come without a pause. */
const LONGEST = 4

/**
 * When the next page of a subscription may begin: one that begins earlier holds less. While pages come one right after
 * the other each waits twice as long as the one before, so that more events share one; after a pause the first goes at once.
 */
export interface Rest {
  /** Monotonic milliseconds. */
  readonly dueAt: number
  /** A page took everything there was. */
  after(begunAt: number): void
}

export function createRest(everyMs: number): Rest {
  let restMs = everyMs
  let dueAt = Number.NEGATIVE_INFINITY
  return {
    get dueAt() {
      return dueAt
    },
    after(begunAt) {
      const atOnce = begunAt - dueAt < everyMs
      restMs = atOnce ? Math.min(restMs * 2, everyMs * LONGEST) : everyMs
      dueAt = begunAt + restMs
    },
  }
}
