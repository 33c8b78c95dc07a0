import type { IncomingBody } from './types.ts'

/** What a caller uploads. */
export interface UploadBody {
  /** One of the content types that the contract names. */
  readonly contentType: string
  /** All at once, or piece by piece, in which case they are taken no faster than the service puts them aside. */
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>
}

/** The same as it travels. Bytes in memory are copied: neither side shares them with the other. */
export function incomingBody({ contentType, bytes }: UploadBody): IncomingBody {
  if (!(bytes instanceof Uint8Array)) return { contentType, length: undefined, bytes }
  return { contentType, length: bytes.length, bytes: only(Uint8Array.from(bytes)) }
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
