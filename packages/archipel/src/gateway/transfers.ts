import { frameworkError } from '../errors/index.ts'

/** How many uploads and downloads are under way: each may hold a socket, a file and some memory for a long time. */
export interface Transfers {
  /** @throws ARC_LIMITED when there are too many already. */
  within<TResult>(work: () => Promise<TResult>): Promise<TResult>
  readonly active: number
}

export function limitTransfers(most: number): Transfers {
  let active = 0
  return {
    async within(work) {
      if (active >= most)
        throw frameworkError('ARC_LIMITED', 'too many uploads and downloads are under way', {
          retryAfterMs: 1_000,
        })
      active++
      try {
        return await work()
      } finally {
        active--
      }
    },
    get active() {
      return active
    },
  }
}
