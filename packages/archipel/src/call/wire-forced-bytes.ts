import type { Download, IncomingBody } from './types.ts'
import { decodeError, encodeError } from './wire.ts'

/** A body that passes, and once it has passed whole, copies of it to deliver again. */
export function recordedBody(body: IncomingBody): {
  readonly first: IncomingBody
  again(): IncomingBody | undefined
} {
  const chunks: Uint8Array[] = []
  let whole = false
  async function* passing(): AsyncIterable<Uint8Array> {
    for await (const chunk of body.bytes) {
      chunks.push(Uint8Array.from(chunk))
      yield Uint8Array.from(chunk)
    }
    whole = true
  }
  async function* recorded(): AsyncIterable<Uint8Array> {
    for (const chunk of chunks) yield Uint8Array.from(chunk)
  }
  return {
    first: { ...body, bytes: passing() },
    again: () => (whole ? { ...body, bytes: recorded() } : undefined),
  }
}

/** What came over a wire: a description as JSON, bytes that nobody else holds, errors as they travel. */
export function copiedDownload({ read, ...description }: Download, correlationId: string): Download {
  const { contentType, length, entityTag }: Omit<Download, 'read'> = JSON.parse(JSON.stringify(description))
  async function* copies(from: number, to: number): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of read(from, to)) yield Uint8Array.from(chunk)
    } catch (error) {
      throw decodeError(encodeError(error, correlationId))
    }
  }
  return { contentType, length, entityTag, read: copies }
}
