import type { IncomingMessage, Server } from 'node:http'
import type { Timer, Timers } from '../../environment/index.ts'

/** What node:http calls a request that took too long. */
export const REQUEST_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT'

/** How long a body is waited for. One that takes longer ends its connection, with 408 where nothing was answered yet. */
export interface Patience {
  /** From now on so many milliseconds more, whatever was said before. */
  wait(ms: number): void
  /** Nobody waits for the body at the moment. */
  rest(): void
}

/** Watches the body of one request, until it is there or its connection is gone. */
export function createPatience(server: Server, request: IncomingMessage, timers: Timers): Patience {
  let timer: Timer | undefined
  const rest = () => timer?.cancel()
  request.once('close', rest)
  return {
    rest,
    wait(ms) {
      rest()
      if (request.complete || request.destroyed) return
      timer = timers.after(ms, () => {
        // As node:http itself says it when the time of a whole request is up.
        const late = Object.assign(new Error('the body did not arrive in time'), {
          code: REQUEST_TIMEOUT,
        })
        if (!request.complete) server.emit('clientError', late, request.socket)
      })
    },
  }
}
