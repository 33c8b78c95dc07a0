import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../demo/products.ts'
import type { Finding } from '../drill/finding.ts'
import { signInAs } from '../drill/staff.ts'
import type { Scene } from './attack.ts'
import { ODD_TEXTS } from './odd-texts.ts'

interface Request {
  readonly path: string
  readonly body: unknown
  readonly token?: string
}

interface People {
  readonly customer: string
  readonly merchandiser: string
  readonly support: string
  readonly customerId: string
}

const Me = z.object({ id: z.string() })
const Problem = z.object({ code: z.string() })
const PRICE = { amount: 250, currency: 'GBP' }
const PLAIN = { name: 'A Customer', street: '1 Street', city: 'Town', postcode: 'T1', country: 'Land' }
/** For a shop that is away for a minute. */
const PATIENCE_MS = 120_000

/** Each field that takes text, with this one in it. */
function requestsWith(text: string, unique: string, people: People): Request[] {
  const { customer, merchandiser, support, customerId } = people
  const sku = DEMO_PRODUCTS[0]?.[0] ?? ''
  const order = (further: object) => ({
    path: '/orders',
    token: customer,
    body: { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' }, ...further },
  })
  const addressed = Object.keys(PLAIN).map((part) =>
    order({ shipTo: { address: { ...PLAIN, [part]: text } } }),
  )
  const note = {
    customerId,
    country: 'France',
    lines: [{ sku, name: 'Something', quantity: 1, price: PRICE }],
    reason: 'Broken',
    payment: { token: 'tok_ok' },
  }
  return [
    ...addressed,
    order({ payment: { token: text } }),
    order({ lines: [{ sku: text, quantity: 1 }] }),
    { path: '/users', body: { email: `${unique}@drill.example`, name: text, password: `odd-${unique}-odd` } },
    { path: '/users', body: { email: text, name: 'Odd', password: `odd-${unique}-odd` } },
    { path: '/products', token: merchandiser, body: { sku: `ODD-${unique}`, name: text, price: PRICE } },
    { path: '/products', token: merchandiser, body: { sku: text, name: 'Odd', price: PRICE } },
    {
      path: '/products',
      token: merchandiser,
      body: { sku: `OLD-${unique}`, name: 'Odd', description: text, price: PRICE },
    },
    { path: `/stock/${sku}/receipts`, token: merchandiser, body: { quantity: 1, reference: text } },
    {
      path: `/stock/${sku}/corrections`,
      token: merchandiser,
      body: { quantity: 1, reason: 'found', note: text },
    },
    { path: '/credit-notes', token: support, body: { ...note, reason: text } },
    { path: '/credit-notes', token: support, body: { ...note, country: text } },
    { path: '/credit-notes', token: support, body: { ...note, lines: [{ ...note.lines[0], name: text }] } },
    { path: '/users/me/addresses', token: customer, body: { ...PLAIN, street: text } },
  ]
}

/** Sends every odd text to every field. @returns whether each was taken or refused for what it is. */
export async function writeOddly(scene: Scene, customer: string): Promise<Finding> {
  const { field, run, scale } = scene
  const { shop, dataFolder } = field
  const people: People = {
    customer,
    merchandiser: await signInAs(shop, dataFolder, 'merchandiser'),
    support: await signInAs(shop, dataFolder, 'support'),
    customerId: Me.parse((await shop.get('/users/me', customer)).body).id,
  }
  const requests = ODD_TEXTS.flatMap((text, index) => requestsWith(text, `${run}-${index}`, people))
  const rounds = Math.max(1, Math.round(scale * 3))
  const wrong: string[] = []
  let [taken, refused] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    for (const [index, request] of requests.entries()) {
      const status = await statusOf(field.origin, request, `${run}-odd-${round}-${index}`)
      if (status === '2xx') taken++
      else if (status === '4xx') refused++
      else wrong.push(`POST ${request.path} ${JSON.stringify(request.body)}: ${status}`)
    }
  }
  console.log(`  odd texts: ${taken} taken, ${refused} refused`)
  return {
    what: 'odd texts are taken, or refused for what they are',
    checked: rounds * requests.length,
    wrong,
    sort: 'unbalanced',
  }
}

/** What the shop makes of it, once it answers at all. */
async function statusOf(origin: string, { path, body, token }: Request, key: string): Promise<string> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    }).catch(() => undefined)
    const problem = Problem.safeParse(await response?.json().catch(() => undefined))
    const code = problem.success ? problem.data.code : 'no code'
    const status = response?.status ?? 0
    const isPassing = [0, 408, 429, 499, 503, 504].includes(status) || code === 'ARC_KEY_IN_PROGRESS'
    if (!isPassing || performance.now() > giveUpAt)
      return status < 300 ? '2xx' : status < 500 ? '4xx' : `${status} ${code}`
    await sleep(200)
  }
}
