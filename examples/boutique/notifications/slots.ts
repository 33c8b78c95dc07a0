/** A bounded number of places; who gets none waits for its turn. */
export interface Slots {
  /** @throws Error when the signal is aborted before there is a place. */
  take(signal: AbortSignal): Promise<Disposable>
}

export function createSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  function give(): void {
    const [next] = waiting
    if (next === undefined) free++
    else {
      waiting.delete(next)
      next()
    }
  }

  return {
    async take(signal) {
      signal.throwIfAborted()
      if (free > 0) free--
      else
        await new Promise<void>((resolve, reject) => {
          const leave = () => {
            waiting.delete(enter)
            reject(new Error('no place was free in time', { cause: signal.reason }))
          }
          const enter = () => {
            signal.removeEventListener('abort', leave)
            resolve()
          }
          waiting.add(enter)
          signal.addEventListener('abort', leave, { once: true })
        })
      return { [Symbol.dispose]: give }
    },
  }
}
