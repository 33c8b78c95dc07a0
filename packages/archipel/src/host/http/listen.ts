import type { Server } from 'node:net'
import { frameworkError } from '../../errors/index.ts'

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/**
 * Listens on a TCP port; 0 takes a free one. @returns the port.
 * @throws ARC_PORT_IN_USE when another process has it, ARC_CONFIGURATION_INVALID when it can't be had at all.
 */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      const taken = codeOf(error) === 'EADDRINUSE'
      const message = taken
        ? `port ${port} on ${host} is taken by another process`
        : `port ${port} on ${host} can not be opened: ${error instanceof Error ? error.message : String(error)}`
      reject(
        frameworkError(taken ? 'ARC_PORT_IN_USE' : 'ARC_CONFIGURATION_INVALID', message, {
          details: { port, host },
          cause: error,
        }),
      )
    }
    server.once('error', fail)
    server.listen({ port, host }, () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** A component with a server of its own may fail on a taken port as Node.js says it; the user reads it as from our own doors. */
export function inOurWords(error: unknown): unknown {
  if (codeOf(error) !== 'EADDRINUSE' || !(error instanceof Error) || !('port' in error)) return error
  return frameworkError('ARC_PORT_IN_USE', `port ${String(error.port)} is taken by another process`, {
    cause: error,
  })
}
