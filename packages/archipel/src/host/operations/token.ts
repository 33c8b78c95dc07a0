import { createHash, timingSafeEqual } from 'node:crypto'
import { dirname } from 'node:path'
import type { Environment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'

const TOKEN = /^[A-Za-z0-9_-]{32,200}$/

/** The token of the operations door: read from its file, which is created, for its owner's eyes only, when missing. */
export async function operationsToken({ files, randomness }: Environment, path: string): Promise<string> {
  await files.makeFolder(dirname(path))
  await files.create(path, `${Buffer.from(randomness.bytes(32)).toString('base64url')}\n`, 0o600)
  const token = (await files.read(path)).trim()
  if (!TOKEN.test(token)) {
    throw frameworkError('ARC_CONFIGURATION_INVALID', `${path} holds no token`, {
      details: { issues: [{ path, message: 'remove the file: a new token is made at the next start' }] },
    })
  }
  return token
}

/** Compares in a time that doesn't tell how much of the token was right. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(token)
  return (authorization) => {
    const given = /^bearer ([A-Za-z0-9_-]{1,300})$/i.exec(authorization ?? '')?.[1]
    return given !== undefined && timingSafeEqual(digest(given), expected)
  }
}
