import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import { accepted, WithId } from '../drill/answers.ts'
import type { Finding } from '../drill/finding.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { signToken, TOKEN_LIFETIME_MS } from '../users/tokens.ts'
import type { Attack } from './attack.ts'
import { furnish, type Household } from './read-another-belongings.ts'
import { knock, letsItsOwnerIn, tellApart, type Door } from './read-another-doors.ts'
import { misspelled, smuggled } from './read-another-wire.ts'

/** How often an answer's time is taken at full size. */
const ROUNDS = 1_000
const FEWEST_ROUNDS = 40
/** Above this, who measures can tell another's from none. */
const MOST_TIMES_SLOWER = 5

/** Somebody who has an account, and the ids of all that another has. */
export const readAnother: Attack = {
  goal: "read another's order",
  how: 'by ids in paths, queries, bodies and cursors, other spellings, claims in headers, leftovers on a shared connection, foreign keys, times, and a token that ends while it watches',
  control: 'shows-whoever-knows-the-id',
  async run({ field, run, scale }) {
    const { shop, origin, dataFolder } = field
    const home = await furnish({ field, run })
    const watching = outliveToken(origin, dataFolder, home)
    const own = await orderOf(shop, home, `${run}-own`, home.stranger)
    const before = await allOf(shop, home)
    const found = [
      await letsItsOwnerIn(origin, home),
      await tellApart(origin, home),
      await pagesAndCursors(shop, home),
      await misspelled(origin, home, own),
      await smuggled(origin, home),
      await foreignKeys(shop, home, run),
      await times(origin, home, Math.max(FEWEST_ROUNDS, Math.ceil(ROUNDS * scale))),
      await watching,
    ]
    const after = await allOf(shop, home)
    const changed = before === after ? [] : [`before: ${before}`, `after: ${after}`]
    return [
      ...found,
      { what: 'the owner finds all as it was', checked: 1, wrong: changed, sort: 'unbalanced' },
    ]
  },
}

async function orderOf(shop: ShopClient, { sku }: Household, key: string, token: string): Promise<string> {
  const order = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } }
  return accepted(await shop.send('/orders', order, { key, token }), 'an order', WithId).id
}

/** What the owner sees that nobody but the owner may change. */
async function allOf(shop: ShopClient, { owner, ids }: Household): Promise<string> {
  const seen = []
  for (const path of [
    '/users/me',
    '/users/me/addresses',
    '/users/me/payment-methods',
    `/returns/${ids.return}`,
  ])
    seen.push((await shop.get(path, owner)).body)
  seen.push((await shop.get(`/orders/${ids.order}/cancellation`, owner)).status)
  return JSON.stringify(seen)
}

/** The stranger's own pages, begun wherever the owner's things stand. */
async function pagesAndCursors(
  shop: ShopClient,
  { stranger, ownerId, ids, secrets }: Household,
): Promise<Finding> {
  const lists = [
    '/orders',
    '/refunds',
    '/credit-notes',
    '/notifications',
    '/users/me/addresses',
    '/users/me/payment-methods',
  ]
  const cursors = [
    ...Object.values(ids),
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
    `${ids.order}' or 1=1 --`,
    '../',
  ]
  const asked = [
    ...lists.flatMap((list) =>
      cursors.map((cursor) => `${list}?limit=100&cursor=${encodeURIComponent(cursor)}`),
    ),
    ...lists.map((list) => `${list}?limit=100`),
    `/notifications?personId=${ownerId}`,
    `/notifications?personId=${ownerId}&orderId=${ids.order}`,
    '/users',
    `/users?email=${encodeURIComponent(secrets.find((text) => text.includes('@')) ?? '')}`,

    '/returns',
    '/shipments',
    '/trade/orders',
    '/trade/credit-notes',
    `/orders/${ids.order}/returns?cursor=${ids.return}`,
  ]
  const wrong: string[] = []
  for (const path of asked) {
    const { status, body } = await shop.get(path, stranger)
    const text = JSON.stringify(body)
    const shown = [...secrets, ownerId].filter((secret) => text.includes(secret) && !path.includes(secret))
    if (shown.length > 0) wrong.push(`${path}: ${status} shows ${shown.join()}`)
    if (status >= 500) wrong.push(`${path}: ${status}`)
  }
  return { what: "no page and no cursor shows another's", checked: asked.length, wrong, sort: 'unbalanced' }
}

/** The owner's key, with the owner's words: it must not give the owner's answer. */
async function foreignKeys(shop: ShopClient, home: Household, run: string): Promise<Finding> {
  const { sent, stranger, ids, secrets } = home
  const account = {
    email: secrets.find((text) => text.includes('@')),
    name: 'Somebody',
    password: 'another-password',
  }
  const { shipTo: _, ...withoutAddress } = { shipTo: undefined, ...sent.body }
  const answers = [
    await shop.send('/orders', sent.body, { key: sent.key, token: stranger }),
    await shop.send('/orders', withoutAddress, { key: sent.key, token: stranger }),
    await shop.send('/orders', sent.body, { key: sent.key }),
    await shop.send(`/orders/${ids.calledOff}/cancellation`, {}, { key: `${run}-make-3`, token: stranger }),
    await shop.send('/users', account, { key: `${run}-register-0` }),
    await shop.send('/sessions', { email: account.email, password: 'x' }, { key: `${run}-sign-in-0` }),
  ]
  const wrong = answers
    .filter(({ status, body }) => status < 400 || JSON.stringify(body).includes(home.ownerId))
    .map(({ status, body }) => `${status} ${JSON.stringify(body)}`)
  return {
    what: "another's key gives none of its answers",
    checked: answers.length,
    wrong,
    sort: 'unbalanced',
  }
}

const TIMED: readonly Door[] = [
  { method: 'GET', thing: 'order', path: (id) => `/orders/${id}` },
  { method: 'GET', thing: 'return', path: (id) => `/returns/${id}` },
  { method: 'GET', thing: 'creditNote', path: (id) => `/credit-notes/${id}` },
  { method: 'GET', thing: 'address', path: (id) => `/users/me/addresses/${id}` },
]

/** Another's and none by turns, so that whatever else happens on the machine befalls both. */
async function times(origin: string, home: Household, rounds: number): Promise<Finding> {
  const wrong: string[] = []
  for (const door of TIMED) {
    const taken: { another: number[]; none: number[] } = { another: [], none: [] }
    for (let round = 0; round < rounds; round++)
      for (const which of ['another', 'none'] as const) {
        const began = performance.now()
        await knock(origin, home.stranger, door, which === 'another' ? home.ids[door.thing] : randomUUID())
        taken[which].push(performance.now() - began)
      }
    const [another, none] = [median(taken.another), median(taken.none)]
    console.log(`  ${door.path('{id}')}: another's ${another.toFixed(2)} ms, none ${none.toFixed(2)} ms`)
    if (Math.max(another / none, none / another) > MOST_TIMES_SLOWER)
      wrong.push(`${door.path('{id}')}: another's takes ${another} ms, none ${none} ms`)
  }
  return {
    what: 'times tell nothing: medians are close',
    checked: TIMED.length * rounds * 2,
    wrong,
    sort: 'unbalanced',
  }
}

function median(numbers: number[]): number {
  return numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0
}

const Key = z.object({
  kid: z.string(),
  privateKey: z.record(z.string(), z.unknown()),
  publicKey: z.record(z.string(), z.unknown()),
})
const LIVES_MS = 3_000
/** A watcher notices within this time that its token has ended. */
const GRACE_MS = 3_000

/** A watch that is begun with a token that is good for three more seconds. A shop signs none so short; its key does here. */
async function outliveToken(
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
