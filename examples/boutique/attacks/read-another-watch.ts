import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import type { Finding } from '../drill/finding.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { signToken, TOKEN_LIFETIME_MS } from '../users/tokens.ts'
import type { Household } from './read-another-belongings.ts'

const Key = z.object({
  kid: z.string(),
  privateKey: z.record(z.string(), z.unknown()),
  publicKey: z.record(z.string(), z.unknown()),
})
const LIVES_MS = 3_000
/** A watcher notices within this time that its token has ended. */
const GRACE_MS = 3_000

/** A watch that is begun with a token that is good for three more seconds. A shop signs none so short; its key does here. */
export async function outliveToken(
  origin: string,
  dataFolder: string,
  { ownerId, ids }: Household,
): Promise<Finding> {
  const database = await openShopDatabase(dataFolder)
  const { rows } = await database
    .query('select kid, private_key as "privateKey", public_key as "publicKey" from users.signing_keys')
    .finally(() => database.end())
  const issuedAt = Date.now() - TOKEN_LIFETIME_MS + LIVES_MS
  const token = await signToken(
    Key.parse(rows[0]),
    { id: ownerId, roles: ['customer'] },
    randomUUID(),
    issuedAt,
  )
  const leave = new AbortController()
  const began = performance.now()
  const { status, body } = await fetch(`${origin}/api/v1/orders/${ids.order}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: leave.signal,
  })
  const ended = (async () => {
    for await (const _ of body ?? []);
    return performance.now() - began
  })().catch(() => undefined)
  const tookMs = await Promise.race([ended, sleep(LIVES_MS + GRACE_MS, undefined)])
  leave.abort()
  const wrong =
    status !== 200
      ? [`the watch was answered ${status}`]
      : tookMs === undefined
        ? [`its token ended, and ${GRACE_MS} ms later the watch still goes on`]
        : tookMs < LIVES_MS - 1_500
          ? [`the watch ended after ${tookMs} ms, while its token was good`]
          : []
  return { what: 'a watch ends with its token', checked: 1, wrong, sort: 'unbalanced' }
}
