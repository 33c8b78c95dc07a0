import type { IncomingMessage } from 'node:http'
import { frameworkError } from '../../errors/index.ts'
import type { RequestHeaders } from './request-headers.ts'

/** Whether bytes of a body follow, or may follow, the headers. */
export function hasBody(headers: RequestHeaders): boolean {
  return (
    headers.transferEncoding !== undefined ||
    (headers.contentLength !== undefined && headers.contentLength !== '0')
  )
}

/**
 * Reads a whole body. One that announces too many bytes is refused before any of it is read.
 * @throws ARC_BODY_TOO_LARGE, or ARC_CANCELLED when the client goes away.
 */
export function readBody(request: IncomingMessage, headers: RequestHeaders, limit: number): Promise<Buffer> {
  const tooLarge = () =>
    frameworkError('ARC_BODY_TOO_LARGE', `the body has more than ${limit} bytes`, { details: { limit } })
  if (headers.contentLength !== undefined && Number(headers.contentLength) > limit)
    return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) {
        stop()
        reject(tooLarge())
      } else {
        chunks.push(chunk)
      }
    }
    const onEnd = () => {
      stop()
      const [first] = chunks
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length))
    }
    const onClose = () => {
      stop()
      reject(frameworkError('ARC_CANCELLED', 'the client went away before its body was complete'))
    }
    const stop = () => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      // An error that comes after the last listener would end the process.
      request.on('error', () => undefined)
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}
