import { accepted, WithId } from '../drill/answers.ts'
import type { Finding } from '../drill/finding.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import type { Attack } from './attack.ts'
import { furnish, type Household } from './read-another-belongings.ts'
import { letsItsOwnerIn, tellApart } from './read-another-doors.ts'
import { times } from './read-another-times.ts'
import { outliveToken } from './read-another-watch.ts'
import { misspelled, smuggled } from './read-another-wire.ts'

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
      await times(origin, home, scale),
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
