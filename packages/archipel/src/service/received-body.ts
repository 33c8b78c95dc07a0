import { createHash } from 'node:crypto'
import type { IncomingBody } from '../call/index.ts'
import type { BytesRule } from '../contract/index.ts'
import type { Files, NamelessFile } from '../environment/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'

/** The body of an upload, whole and put aside: what is known of it, and the way to its bytes. */
export interface ReceivedBody {
  /** One of those that the contract names. It is what the sender says: look at the first bytes before you believe it. */
  readonly contentType: string
  /** In bytes. */
  readonly length: number
  /** Of all bytes, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The first bytes: as many as asked for, or all there are. */
  start(count: number): Promise<Uint8Array>
  /** All bytes in pieces of one size, the last one shorter; they can be read several times. Default: 64 KiB. */
  pieces(bytes?: number): AsyncIterable<Uint8Array>
}

/** A body in the hands of who took it in: what was put aside for it is gone when it is disposed. */
export type HeldBody = ReceivedBody & AsyncDisposable

const PIECE_BYTES = 65_536

/**
 * Takes in the body of an upload: no faster than it can be put aside, and no more than the contract allows.
 *
 * @throws ARC_CONTENT_TYPE before any of it is read, ARC_BODY_TOO_LARGE as soon as that is known, and whatever the
 * source throws; nothing is left behind then.
 */
export async function receiveBody(
  body: IncomingBody,
  rule: BytesRule | undefined,
  files: Pick<Files, 'openNameless'>,
): Promise<HeldBody> {
  const { contentTypes = [], maxBytes = 0 } = rule ?? {}
  const contentType = requireType(body.contentType, contentTypes)
  if (body.length !== undefined && body.length > maxBytes) throw tooLarge(maxBytes)
  const file = await files.openNameless()
  try {
    const { length, sha256 } = await putAside(body.bytes, file, maxBytes)
    return {
      contentType,
      length,
      sha256,
      start: (count) => file.read(0, count),
      pieces: (bytes = PIECE_BYTES) => piecesOf(file, length, bytes),
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw isDiskFull(error)
      ? frameworkError('ARC_UNAVAILABLE', 'There is no room to put the upload aside', { cause: error })
      : error
  }
}

function requireType(given: string, contentTypes: readonly string[]): string {
  const type = given.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (contentTypes.includes(type)) return type
  throw frameworkError(
    'ARC_CONTENT_TYPE',
    `the body must come as ${contentTypes.join(' or ')}, not as ${JSON.stringify(given.slice(0, 100))}`,
  )
}

async function putAside(bytes: AsyncIterable<Uint8Array>, file: NamelessFile, maxBytes: number) {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of bytes) {
    length += chunk.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    hash.update(chunk)
    await file.append(chunk)
  }
  return { length, sha256: hash.digest('hex') }
}

async function* piecesOf(file: NamelessFile, length: number, size: number): AsyncIterable<Uint8Array> {
  for (let from = 0; from < length; from += size) yield await file.read(from, size)
}

function tooLarge(limit: number): ArchipelError {
  return frameworkError('ARC_BODY_TOO_LARGE', `the body has more than ${limit} bytes`, { details: { limit } })
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
