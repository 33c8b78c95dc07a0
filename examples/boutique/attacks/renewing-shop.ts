import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Answer, ShopClient } from '../drill/shop-client.ts'

const Session = z.object({ token: z.string() })
const UNAUTHENTICATED = 401
const SESSIONS = '/sessions'

/** A way into the shop that signs in again with what it signed in with before, whenever a token is good no more. */
export function renewing(shop: ShopClient): ShopClient {
  const accounts = new Map<string, unknown>()
  const renewed = new Map<string, string>()

  async function signIn(account: unknown, key: string): Promise<Answer> {
    const answer = await shop.send(SESSIONS, account, { key })
    const session = Session.safeParse(answer.body)
    if (session.success) accounts.set(session.data.token, account)
    return answer
  }

  async function whoever(
    token: string | undefined,
    ask: (token: string | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const known = token === undefined ? undefined : (renewed.get(token) ?? token)
    const answer = await ask(known)
    const account = known === undefined ? undefined : accounts.get(known)
    if (answer.status !== UNAUTHENTICATED || token === undefined || account === undefined) return answer
    const session = Session.safeParse((await signIn(account, randomUUID())).body)
    if (!session.success) return answer
    renewed.set(token, session.data.token)
    return whoever(token, ask)
  }

  return {
    get: (path, token) => whoever(token, (current) => shop.get(path, current)),
    send(path, body, sending) {
      if (path === SESSIONS) return signIn(body, sending.key)
      return whoever(sending.token, (token) =>
        shop.send(path, body, { ...sending, ...(token !== undefined && { token }) }),
      )
    },
    get repeats() {
      return shop.repeats
    },
    close: () => shop.close(),
  }
}
