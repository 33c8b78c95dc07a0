import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A sender with so many requests behind the one that is being answered is not read on. */
const MOST_WAITING = 100

/**
 * Requests that are sent on one connection without waiting for answers take turns (RFC 9112, section 9.3.2): what stands
 * behind a connection that closes is never begun, and nobody has many of them at work at once.
 */
export interface Turns {
  /** Calls `begin` when the answer before is out; never, when the connection is gone by then. */
  take(request: IncomingMessage, response: ServerResponse, begin: () => void): void
  /** The answer to what came last on a connection. */
  latest(socket: Duplex): ServerResponse | undefined
  /** Calls `run` when it is the turn of the latest. */
  atLatest(socket: Duplex, run: () => void): void
}

interface Line {
  latest: ServerResponse
  /** Whose turn comes before that of the latest. */
  former: ServerResponse | undefined
  waiting: number
}

export function createTurns(): Turns {
  const lines = new WeakMap<Duplex, Line>()

  function lineOf(socket: Duplex, response: ServerResponse): Line {
    const line = lines.get(socket) ?? { latest: response, former: undefined, waiting: 0 }
    if (line.latest !== response) line.former = line.latest
    line.latest = response
    lines.set(socket, line)
    return line
  }

  return {
    take({ socket }, response, begin) {
      const line = lineOf(socket, response)
      const { former } = line
      if (isOver(former)) return begin()
      if (++line.waiting === MOST_WAITING) readNoFurther(socket, line)
      former.once('close', () => {
        line.waiting--
        if (line.waiting === MOST_WAITING - 1) socket.resume()
        else if (line.waiting >= MOST_WAITING) readNoFurther(socket, line)
        if (!socket.destroyed) begin()
      })
    },
    latest: (socket) => lines.get(socket)?.latest,
    atLatest(socket, run) {
      const former = lines.get(socket)?.former
      if (isOver(former)) run()
      else former.once('close', run)
    },
  }
}

/** A little later: node:http asks for more after each request and each answer by itself. */
function readNoFurther(socket: Duplex, line: Line): void {
  queueMicrotask(() => {
    if (line.waiting >= MOST_WAITING) socket.pause()
  })
}

function isOver(response: ServerResponse | undefined): response is undefined {
  return response === undefined || response.closed
}
