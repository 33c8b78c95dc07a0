/** A last position, and those who held the writers' lock after it was read and have not been seen to end. */
interface Candidate {
  readonly last: number
  holders: Set<string>
}

/** Which positions are final: pure bookkeeping over what surveys of the server found. */
export interface Marks {
  /** Below it nothing can appear any more. */
  readonly mark: number
  /** Last positions that wait for writers to end. */
  readonly waiting: number
  /** Takes in one survey: the last position that was drawn and, read after it, who holds the writers' lock. */
  surveyed(last: number, holders: readonly string[], now: number): void
  /** How long the oldest writer has been seen holding the lock, in the unit of `now`; 0 without any. */
  oldestWriter(now: number): number
}

/** Enough for many short writers at a time; beyond it a survey only shortens the queue. */
const MOST_CANDIDATES = 32

export function createMarks(): Marks {
  let mark = 0
  let newest = 0
  let candidates: Candidate[] = []
  let seenSince = new Map<string, number>()

  return {
    get mark() {
      return mark
    },
    get waiting() {
      return candidates.length
    },
    surveyed(last, holders, now) {
      const holding = new Set(holders)
      seenSince = new Map(holders.map((holder) => [holder, seenSince.get(holder) ?? now]))
      if (last > newest && candidates.length < MOST_CANDIDATES) {
        candidates.push({ last, holders: holding })
        newest = last
      }
      for (const candidate of candidates) candidate.holders = candidate.holders.intersection(holding)
      // Who holds back an earlier one holds back every later one: the last that is free frees all before it.
      const free = candidates.findLastIndex((candidate) => candidate.holders.size === 0)
      mark = candidates[free]?.last ?? mark
      candidates = candidates.slice(free + 1)
    },
    oldestWriter(now) {
      return Math.max(0, ...[...seenSince.values()].map((since) => now - since))
    },
  }
}
