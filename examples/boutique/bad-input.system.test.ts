import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBoutique } from './application.ts'
import { createMailBeside, createProviderBeside } from './shop.ts'
import { validate } from './testing-openapi.ts'
import { startShop, type Person, type TestShop } from './testing.ts'

describePlacements('the door', ({ options }) => {
  let shop: TestShop
  let customer: Person
  let sku: string
  beforeAll(async () => {
    shop = await startShop(options)
    customer = await shop.customer()
    sku = await shop.product({ pieces: 100_000 })
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const json = { 'content-type': 'application/json' }
  const payment = { token: 'tok_ok' }
  const lines = (quantity: unknown) => ({ lines: [{ sku, quantity }], payment })

  async function written(): Promise<unknown> {
    return shop.application
      .query(`select (select count(*) from orders.orders) as orders, (select count(*) from orders.archipel_sagas) as sagas,
    (select count(*) from orders.archipel_idempotency where operation = 'placeOrder') as keys, (select max(position) from archipel_bus.log where publisher = 'orders' and type like '%Placed%') as events`)
  }

  describe('an order that is refused at the door', () => {
    const cases: [name: string, body: () => string, status: number, field: string | undefined][] = [
      ['broken JSON', () => '{"lines": [', 400, undefined],
      ['no body', () => '', 400, undefined],
      ['two values', () => '{} {}', 400, undefined],
      ['a list', () => '[]', 400, ''],
      ['null', () => 'null', 400, ''],
      ['a text for lines', () => JSON.stringify({ lines: 'x', payment }), 400, 'lines'],
      ['no lines', () => JSON.stringify({ lines: [], payment }), 400, 'lines'],
      ['no payment', () => JSON.stringify({ lines: [{ sku: 'A', quantity: 1 }] }), 400, 'payment'],
      ['an unknown field', () => JSON.stringify({ ...lines(1), discount: 100 }), 400, 'discount'],
      [
        'an unknown field in a line',
        () => JSON.stringify({ lines: [{ sku, quantity: 1, price: 1 }], payment }),
        400,
        'lines[0].price',
      ],
      [
        '__proto__',
        () => `{"__proto__": {"roles": ["support"]}, ${JSON.stringify(lines(1)).slice(1)}`,
        400,
        '__proto__',
      ],
      [
        '__proto__ deep inside',
        () => `{"lines": [{"__proto__": {}, "sku": "A", "quantity": 1}], "payment": {"token": "tok_ok"}}`,
        400,
        'lines[0].__proto__',
      ],
      [
        'one name twice',
        () => `{"payment": {"token": "a"}, ${JSON.stringify(lines(1)).slice(1)}`,
        400,
        'payment',
      ],
      [
        '1,001 lines',
        () => JSON.stringify({ lines: Array.from({ length: 1_001 }, () => ({ sku, quantity: 1 })), payment }),
        400,
        'lines',
      ],
      [
        '1.1 MiB',
        () => JSON.stringify({ ...lines(1), payment: { token: 'x'.repeat(1.1 * 1024 * 1024) } }),
        413,
        undefined,
      ],
      ['a deep value', () => `{"lines": ${'['.repeat(2_000)}${']'.repeat(2_000)}}`, 400, undefined],
      ...[0, -1, 1.5, 1e9, '1', null, true].map((quantity): (typeof cases)[number] => [
        `quantity ${JSON.stringify(quantity)}`,
        () => JSON.stringify(lines(quantity)),
        400,
        'lines[0].quantity',
      ]),
      [
        'a SKU that can be none',
        () => JSON.stringify({ lines: [{ sku: '../x', quantity: 1 }], payment }),
        400,
        'lines[0].sku',
      ],
      [
        'an empty card token',
        () => JSON.stringify({ ...lines(1), payment: { token: '' } }),
        400,
        'payment.token',
      ],
    ]

    test.each(cases)('%s', async (_, body, status, field) => {
      const before = await written()
      const answer = await customer.ask('POST', '/orders', { raw: body(), headers: json })
      expect(answer.status, answer.text).toBe(status)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.body).toMatchObject({
        status,
        code: expect.stringMatching(/^ARC_/),
        title: expect.any(String),
      })
      if (field !== undefined) expect(pathsOf(answer.body)).toContain(field)
      expect(await written()).toEqual(before)
    })

    test.each([String.raw`a\u0000b`, String.raw`a\ud800b`])(
      'a text that no database can keep: %s',
      async (name) => {
        const raw = `{"email": "odd@example.com", "password": "long enough 1", "name": "${name}"}`
        const answer = await shop.door.ask('POST', '/users', { raw, headers: json })
        expect(answer.status, answer.text).toBe(400)
        const search = await shop.door.get('/products?search=%00')
        expect(search.status).toBeLessThan(500)
      },
    )

    test('unknown products are all named', async () => {
      const before = await written()
      const wanted = [
        { sku, quantity: 1 },
        ...['GONE-1', 'GONE-2'].map((gone) => ({ sku: gone, quantity: 1 })),
      ]
      const { code, details } = (await customer.post('/orders', { lines: wanted, payment })).body
      expect({ code, details }).toEqual({ code: 'SKUS_UNKNOWN', details: { skus: ['GONE-1', 'GONE-2'] } })
      const after = await written()
      // The refusal is the answer of its key; there is no order, event or saga.
      expect(after).toMatchObject([{ orders: Reflect.get(Object((before as unknown[])[0]), 'orders') }])
    })

    test('bytes that are no UTF-8', async () => {
      const response = await fetch(`${shop.application.url}/api/v1/orders`, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${customer.token}` },
        body: Buffer.concat([Buffer.from('{"lines": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      })
      expect(response.status).toBe(400)
    })

    test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])(
      'content type %j',
      async (type) => {
        const answer = await customer.ask('POST', '/orders', {
          raw: JSON.stringify(lines(1)),
          headers: { 'content-type': type },
        })
        expect(answer.expect(415).code).toBe('ARC_CONTENT_TYPE')
      },
    )

    test.each([
      ['DELETE', '/orders', ['GET', 'HEAD', 'POST']],
      ['PUT', '/orders', ['GET', 'HEAD', 'POST']],
      ['POST', '/users/me', ['GET']],
      ['PATCH', '/products/A', ['GET']],
    ])('%s %s names what is allowed', async (method, path, allowed) => {
      const answer = await customer.ask(method, path, { raw: '{}', headers: json })
      expect(answer.expect(405).code).toBe('ARC_METHOD_NOT_ALLOWED')
      expect(answer.headers.get('allow')).toEqual(expect.stringContaining(allowed.join(', ')))
    })

    test.each(['/order', '/orders/', '/orders/1/2/3', '/../etc/passwd', '/%ff', '/orders/%00/events'])(
      'nothing is at %s',
      async (path) => {
        const answer = await customer.get(path)
        expect([400, 404]).toContain(answer.status)
        expect(answer.headers.get('content-type')).toContain('application/problem+json')
      },
    )

    test.each(['x'.repeat(201), 'with space', 'tab\there'])(
      'an idempotency key that is none: %j',
      async (key) => {
        const answer = await customer.post('/orders', lines(1), key)
        expect(answer.expect(400).code).toBe('ARC_KEY_INVALID')
      },
    )
  })

  describe('idempotency keys', () => {
    test('50 requests with one key: one order, and one answer', async () => {
      const before = await shop.application.query('select id from orders.orders')
      const body = lines(1)
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => customer.post('/orders', body, 'fifty')),
      )
      const statuses = new Set(answers.map(({ status }) => status))
      expect([...statuses].every((status) => status === 202 || status === 409)).toBe(true)
      const done = answers.filter(({ status }) => status === 202)
      expect(new Set(done.map(({ text }) => text)).size).toBe(1)
      for (const { status, body: problem, headers } of answers) {
        if (status !== 409) continue
        expect(problem.code).toBe('ARC_KEY_IN_PROGRESS')
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      }
      expect((await shop.application.query('select id from orders.orders')).length).toBe(before.length + 1)
      expect((await customer.post('/orders', body, 'fifty')).text).toBe(done[0]?.text)
    })

    test('with another body is refused, and changes nothing', async () => {
      const first = (await customer.post('/orders', lines(1), 'reused')).expect(202)
      const before = await written()
      expect((await customer.post('/orders', lines(2), 'reused')).expect(422).code).toBe('ARC_KEY_REUSED')
      expect(await written()).toEqual(before)
      expect((await customer.post('/orders', lines(1), 'reused')).body.id).toBe(first.id)
    })

    test("somebody else's same key is another key", async () => {
      const other = await shop.customer()
      const mine = (await customer.post('/orders', lines(1), 'shared')).expect(202)
      const theirs = (await other.post('/orders', lines(1), 'shared')).expect(202)
      expect(theirs.id).not.toBe(mine.id)
    })

    test('a refusal is the answer of its key for good', async () => {
      const gone = { lines: [{ sku: 'LATER-1', quantity: 1 }], payment }
      const [first] = [await customer.post('/orders', gone, 'refused')]
      const principal = { id: 'tests', roles: ['merchandiser'], scopes: [] }
      const { catalogue } = await import('./catalogue/contract.ts')
      const as = shop.application.client(catalogue, { principal, idempotencyKey: 'LATER-1' })
      await as.addProduct({ sku: 'LATER-1', name: 'Later', price: { amount: 1, currency: 'GBP' } })
      const second = await customer.post('/orders', gone, 'refused')
      expect([first.status, second.status]).toEqual([first.status, first.status])
      expect(second.body).toMatchObject({ code: 'SKUS_UNKNOWN' })
      expect((await customer.post('/orders', gone, 'asked-anew')).status).toBe(202)
    })
  })

  test('the description of the shop is valid OpenAPI and names every route', async () => {
    const document: unknown = await (await fetch(`${shop.application.url}/openapi.json`)).json()
    expect(await validate(document)).toEqual({ valid: true })
    const routes = createBoutique({
      provider: createProviderBeside().client,
      mail: createMailBeside().sender,
    }).services.flatMap(({ contract }) =>
      Object.values(contract.operations).flatMap(({ http }) => http?.path ?? []),
    )
    expect(Object.keys(Reflect.get(Object(document), 'paths')).toSorted()).toEqual(
      [...new Set(routes)].toSorted(),
    )
  })

  test('every answer carries the headers that keep browsers safe, and no way in for other origins', async () => {
    const answer = await shop.door.ask('GET', '/products', {
      headers: { origin: 'https://evil.example', 'x-correlation-id': 'mine-1' },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('x-correlation-id')).toBe('mine-1')
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})

function pathsOf(problem: { details?: { issues?: { path: string }[] } }): string[] {
  return (problem.details?.issues ?? []).map(({ path }) => path)
}
