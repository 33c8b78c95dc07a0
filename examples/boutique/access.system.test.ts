import { randomUUID } from 'node:crypto'
import type { Contract } from 'archipel'
import { fetch, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBoutique } from './application.ts'
import { createDice } from './drill/random.ts'
import { Document, targetsOf, type Target } from './fuzz/document.ts'
import { createValues } from './fuzz/values.ts'
import { createMailBeside, createProviderBeside } from './shop.ts'
import { startShop, type Person, type TestShop } from './testing.ts'
import { Role } from './users/contract.ts'

type Access = Contract['operations'][string]['access']
interface Row {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly access: Access
}

/** Every operation that has a way in from outside, as the contracts say. */
const rows: readonly Row[] = createBoutique({
  provider: createProviderBeside().client,
  mail: createMailBeside().sender,
}).services.flatMap(({ contract }) =>
  Object.entries(contract.operations).flatMap(([operation, { access, http }]) =>
    http === undefined
      ? []
      : [{ name: `${contract.name}.${operation}`, method: http.method, path: http.path, access }],
  ),
)
const everybody = ['nobody', ...Role.options] as const
const EMPTY_PAGE = '{"items":[],'
type Somebody = (typeof everybody)[number]

function mayCome(access: Access, who: Somebody): boolean {
  if (access === 'public') return true
  if (who === 'nobody' || access === 'internal') return false
  if ('roles' in access) return access.roles.includes(who)
  if ('anyOf' in access) return access.anyOf.some((rule) => mayCome(rule, who))
  // Whoever is signed in may ask for what is theirs; whether it is, the operation finds out.
  return 'owner' in access
}

/** Whether somebody may come for more than what is their own. */
function mayComeForAll(access: Access, who: Somebody): boolean {
  if (typeof access === 'object' && 'owner' in access) return false
  if (typeof access === 'object' && 'anyOf' in access)
    return access.anyOf.some((rule) => mayComeForAll(rule, who))
  return mayCome(access, who)
}

test('who may come where is written down, so that a change is seen', async () => {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const cell = (access: Access, who: Somebody) =>
    mayComeForAll(access, who) ? who : mayCome(access, who) ? 'own' : '·'
  const lines = rows.map(({ name, access }) =>
    [name.padEnd(width), ...everybody.map((who) => cell(access, who).padEnd(who.length))]
      .join('  ')
      .trimEnd(),
  )
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('access.txt')
})

describe('at the door', () => {
  let shop: TestShop
  let people: ReadonlyMap<Somebody, string | undefined>
  let targets: ReadonlyMap<string, Target>
  let ask: Ask

  beforeAll(async () => {
    shop = await startShop()
    const tokens = Role.options.map(
      async (role) =>
        [role, (await (role === 'customer' ? shop.customer() : shop.staff(role))).token] as const,
    )
    people = new Map<Somebody, string | undefined>([['nobody', undefined], ...(await Promise.all(tokens))])
    const document = Document.parse(await (await fetch(`${shop.application.url}/openapi.json`)).json())
    targets = new Map(targetsOf(document).map((target) => [`${target.method} ${target.path}`, target]))
    ask = createAsk(`${shop.application.url}/api/v1`, document)
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  function targetOf({ method, path }: Row): Target {
    const target = targets.get(`${method} ${path}`)
    if (target === undefined) throw new Error(`${method} ${path} is not in the OpenAPI document`)
    return target
  }

  test.for(rows)('$name lets in those that its contract names, and nobody else', async (row) => {
    const outcomes = []
    for (const who of everybody) {
      const { code = '' } = await ask(targetOf(row), people.get(who))
      outcomes.push([who, !['ARC_UNAUTHENTICATED', 'ARC_FORBIDDEN'].includes(code) ? 'in' : code])
    }
    const refusal = (who: Somebody) => (who === 'nobody' ? 'ARC_UNAUTHENTICATED' : 'ARC_FORBIDDEN')
    expect(outcomes).toEqual(everybody.map((who) => [who, mayCome(row.access, who) ? 'in' : refusal(who)]))
  })

  test("what is somebody's own is there for its owner and for no other customer", async () => {
    const [owner, stranger] = [await shop.customer(), await shop.customer()]
    const ids = await belongingsOf(owner)
    const reached: string[] = []
    // What is of a product is found by its SKU, which is nobody's.
    const ofPeople = rows.filter(({ path }) => !path.includes('{sku}'))
    for (const row of ofPeople.filter(({ access }) => mayCome(access, 'customer') && access !== 'public')) {
      const target = targetOf(row)
      const named = target.parameters.some(
        ({ in: place, required }) => place !== 'header' && required === true,
      )
      for (const id of named ? ids : [undefined]) {
        const seen = await ask(target, stranger.token, id)
        expect(`${row.name}: ${ids.filter((own) => seen.text.includes(own) && own !== id).join()}`).toBe(
          `${row.name}: `,
        )
        const isEmptyPage = seen.text.startsWith(EMPTY_PAGE)
        if (named && !isEmptyPage) expect([row.name, seen.status]).toEqual([row.name, 404])
        if (!named || reached.includes(row.name)) continue
        const { status, text } = await ask(target, owner.token, id)
        if (status !== 404 && status !== 400 && !text.startsWith(EMPTY_PAGE)) reached.push(row.name)
      }
    }
    const withOwner = rows.filter(
      ({ access, path }) => path.includes('{') && JSON.stringify(access).includes('"owner"'),
    )
    // A test that only asks for what isn't there would pass on an open door.
    expect(reached).toEqual(expect.arrayContaining(withOwner.map(({ name }) => name)))
  })

  /** Gives a customer one of everything. @returns all ids that their own pages show, and that of the return. */
  async function belongingsOf(owner: Person): Promise<string[]> {
    const sku = await shop.product()
    const regretted = await shop.order(owner, [{ sku, quantity: 2 }])
    ;(await owner.post(`/orders/${regretted.id}/cancellation`, {})).expect(202)
    const { id: orderId } = await shop.order(owner, [{ sku, quantity: 2 }])
    const [support, warehouse] = [await shop.staff('support'), await shop.staff('warehouse')]
    const shipment = (await owner.get(`/orders/${orderId}/shipment`)).expect(200)
    ;(await warehouse.post(`/shipments/${shipment.id}/dispatch`, {})).expect(200)
    await shop.application.idle()
    const lines = [{ number: 1, quantity: 1 }]
    const sentBack = (await owner.post(`/orders/${orderId}/returns`, { lines })).expect(201)
    const address = { name: 'A', street: 'B', city: 'C', postcode: 'D', country: 'United Kingdom' }
    ;(await owner.post('/users/me/addresses', address)).expect(201)
    const creditNote = {
      customerId: owner.id,
      country: 'United Kingdom',
      lines: [{ sku, name: 'A product', quantity: 1, price: { amount: 100, currency: 'GBP' } }],
      reason: 'Broken on arrival',
      payment: { token: 'tok_ok' },
    }
    ;(await support.post('/credit-notes', creditNote)).expect(202)
    ;(await owner.put(`/products/${sku}/reviews/mine`, { stars: 4 })).expect(200)
    const ids = new Set<string>([sentBack.id])
    const own = rows.filter(
      ({ access, method, path }) => method === 'GET' && !path.includes('{') && access !== 'public',
    )
    for (const row of own.filter(({ access }) => mayCome(access, 'customer'))) {
      const { text } = await ask(targetOf(row), owner.token)
      for (const [id] of text.matchAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))
        if (id !== owner.id) ids.add(id)
    }
    return [...ids]
  }

  test('every list is a page, and every command takes a key', () => {
    for (const { method, path, parameters, responses } of targets.values()) {
      const names = parameters.map((parameter) => parameter.name)
      const answer = JSON.stringify(responses['200']?.content?.['application/json']?.schema ?? {})
      if (method !== 'GET') expect([path, names]).toEqual([path, expect.arrayContaining(['Idempotency-Key'])])
      else if (/Page|Output/.test(answer) && names.includes('cursor')) expect(names).toContain('limit')
    }
  })
})

type Ask = (
  target: Target,
  token: string | undefined,
  id?: string,
) => Promise<{ status: number; code: string | undefined; text: string }>

/** Asks with input that fits its schema, so that what decides is who asks. */
function createAsk(base: string, document: Document): Ask {
  const dice = createDice(1)
  const values = createValues(document, dice)
  const unknown = () => undefined
  return async (target, token, id) => {
    const required = target.parameters.filter((parameter) => parameter.required === true)
    const [inPath, inQuery] = (['path', 'query'] as const).map((place) =>
      required
        .filter((parameter) => parameter.in === place)
        .map(({ name, schema }) => [name, String(id ?? values.fitting(schema, unknown))] as const),
    )
    const path = (inPath ?? []).reduce(
      (filled, [name, value]) => filled.replace(`{${name}}`, encodeURIComponent(value)),
      target.path,
    )
    const [type, described] = Object.entries(target.requestBody?.content ?? {})[0] ?? []
    const isJson = type === 'application/json'
    const response = await request(
      `${base}${path}?${new URLSearchParams(Object.fromEntries(inQuery ?? [])).toString()}`,
      {
        method: target.method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(type !== undefined && { 'content-type': type }),
          ...(target.method !== 'GET' && { 'idempotency-key': randomUUID() }),
        },
        body: isJson ? JSON.stringify(values.fitting(described?.schema ?? true, unknown)) : null,
      },
    )
    const isEndless = String(response.headers['content-type']).startsWith('text/event-stream')
    if (isEndless) response.body.on('error', unknown).destroy()
    const text = isEndless ? '' : await response.body.text()
    const [, code] = /"code":"([A-Z_]+)"/.exec(text) ?? []
    return { status: response.statusCode, code, text }
  }
}
