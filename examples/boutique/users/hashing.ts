/** Each takes a core for a third of a second, and 32 MiB: three at once leave a thread for whatever else waits for one. */
const AT_ONCE = 3
/** More would wait for longer than anybody does. */
const MOST_WAITING = 32

interface Waiting {
  begin(): void
  refuse(): void
}

/**
 * Slow work that anybody may ask for, so that no crowd who does takes the shop away from the others: a few at once, the
 * latest first. Of who waits too long the first has given up already; whoever comes after a crowd is served before it.
 */
export function createTurns(atOnce: number = AT_ONCE, mostWaiting: number = MOST_WAITING) {
  const waiting: Waiting[] = []
  let running = 0

  function turn(): Promise<boolean> {
    if (running < atOnce) {
      running++
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      waiting.push({ begin: () => resolve(true), refuse: () => resolve(false) })
      if (waiting.length > mostWaiting) waiting.shift()?.refuse()
    })
  }

  /** Does the work when it is its turn. @returns undefined when too many others want the same: nothing was done. */
  return async function inTurn<TResult>(work: () => Promise<TResult>): Promise<TResult | undefined> {
    if (!(await turn())) return undefined
    try {
      return await work()
    } finally {
      const next = waiting.pop()
      // A turn that is passed on is never free for who just comes.
      if (next) next.begin()
      else running--
    }
  }
}
