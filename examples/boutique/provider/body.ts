import type { IncomingMessage } from 'node:http'
import { Refusal } from './replies.ts'

const bodyLimit = 64 * 1024

/** The parsed body of a request, or a refusal: 413, 415, 400. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new Refusal(415, 'unsupported_media_type', 'Send application/json')
  const bytes = await readBytes(request)
  if (!bytes) throw new Refusal(413, 'body_too_large', `The body is larger than ${bodyLimit} bytes`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Refusal(400, 'invalid_json', 'The body is not JSON in UTF-8')
  }
}

/**
 * Reads to the end even when there is too much, without keeping it: an answer in mid-upload would reach most clients
 * as a broken connection. The server's request timeout bounds it.
 */
async function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= bodyLimit) chunks.push(chunk)
  }
  return size <= bodyLimit ? Buffer.concat(chunks) : undefined
}
