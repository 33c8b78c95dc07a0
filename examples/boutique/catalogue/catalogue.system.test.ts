import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

const pounds = (amount: number) => ({ amount: amount * 100, currency: 'GBP' })

describePlacements('the catalogue', ({ options }) => {
  let shop: TestShop
  let merchandiser: Person
  beforeAll(async () => {
    shop = await startShop(options)
    merchandiser = await shop.staff('merchandiser')
    const names = ['Blue mug', 'Red mug', '100% wool', 'under_score', 'Teapot']
    for (const [index, name] of names.entries()) {
      ;(await merchandiser.post('/products', { sku: `P-${index}`, name, price: pounds(index + 1) })).expect(
        201,
      )
    }
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const found = async (search: string) =>
    (await shop.door.get(`/products?${search}`)).expect(200).items.map((item: { sku: string }) => item.sku)

  test('is searched by a word of the name, in any case; signs stand for themselves', async () => {
    expect(await found('search=MUG')).toEqual(['P-0', 'P-1'])
    expect(await found('search=%25')).toEqual(['P-2'])
    expect(await found('search=_')).toEqual(['P-3'])
    expect(await found('search=nothing')).toEqual([])
  })

  test('comes in pages that go on after the last product seen', async () => {
    const first = (await shop.door.get('/products?limit=3')).expect(200)
    expect(first.items).toHaveLength(3)
    const rest = (await shop.door.get(`/products?limit=3&cursor=${first.next}`)).expect(200)
    expect([...first.items, ...rest.items].map(({ sku }) => sku)).toEqual(['P-0', 'P-1', 'P-2', 'P-3', 'P-4'])
    expect(rest.next).toBeNull()
  })

  test('a product has an address, a price in minor units and stock', async () => {
    const made = await merchandiser.post('/products', { sku: 'NEW-1', name: 'New', price: pounds(3) })
    expect(made.headers.get('location')).toBe('/api/v1/products/NEW-1')
    expect((await shop.door.get('/products/NEW-1')).expect(200)).toMatchObject({
      sku: 'NEW-1',
      price: { amount: 300, currency: 'GBP' },
    })
    ;(await merchandiser.post('/stock/NEW-1/receipts', { quantity: 4 })).expect(201)
    ;(await merchandiser.post('/stock/NEW-1/receipts', { quantity: 6 })).expect(201)
    expect((await shop.door.get('/stock/NEW-1')).expect(200)).toMatchObject({
      sku: 'NEW-1',
      received: 10,
      available: 10,
      reserved: 0,
      sold: 0,
    })
  })

  test('goods come in once for one key', async () => {
    const sku = await shop.product({ pieces: 0 })
    for (const _ of [1, 2, 3])
      (await merchandiser.post(`/stock/${sku}/receipts`, { quantity: 5 }, `receipt-of-${sku}`)).expect(201)
    expect((await shop.door.get(`/stock/${sku}`)).body.received).toBe(5)
  })

  test('what is not there is 404 and named', async () => {
    expect((await shop.door.get('/products/GONE')).expect(404)).toMatchObject({
      code: 'PRODUCT_NOT_FOUND',
      details: { sku: 'GONE' },
    })
    expect((await shop.door.get('/stock/GONE')).expect(404)).toMatchObject({
      code: 'SKU_UNKNOWN',
      details: { sku: 'GONE' },
    })
    expect((await merchandiser.put('/products/GONE/price', { price: pounds(1) })).status).toBe(404)
    expect((await merchandiser.post('/stock/GONE/receipts', { quantity: 1 })).status).toBe(404)
  })

  test.each([
    ['sku', { sku: 'two  spaces', name: 'N', price: pounds(1) }],
    ['sku', { sku: 'ends with one ', name: 'N', price: pounds(1) }],
    ['sku', { sku: 'x'.repeat(41), name: 'N', price: pounds(1) }],
    ['price', { sku: 'A-1', name: 'N' }],
    ['price.amount', { sku: 'A-1', name: 'N', price: { amount: 0, currency: 'GBP' } }],
    ['price.amount', { sku: 'A-1', name: 'N', price: { amount: 1.5, currency: 'GBP' } }],
    ['price.currency', { sku: 'A-1', name: 'N', price: { amount: 1, currency: 'EUR' } }],
    ['name', { sku: 'A-1', name: 'x'.repeat(201), price: pounds(1) }],
  ])('a wrong %s is named', async (field, product) => {
    expect((await merchandiser.post('/products', product)).expect(400).details.issues[0].path).toBe(field)
  })

  test.each(['BANK CHARGES', '15056BL', '15056bl', 'gift_0001_40', 'm', 'M'])(
    'a trader brings %j, which has an address; the second time it is answered as it is',
    async (sku) => {
      const trader = await shop.staff('trade')
      const product = { sku, name: `Product ${sku}`, price: pounds(2), stocked: false }
      const first = (await trader.post('/trade/products', product)).expect(200)
      expect(first).toMatchObject({ ...product, description: '' })
      const other = { ...product, name: 'Another name', price: pounds(9), stocked: true }
      expect((await trader.post('/trade/products', other)).expect(200)).toEqual(first)
      expect((await shop.door.get(`/products/${encodeURIComponent(sku)}`)).expect(200)).toMatchObject(first)
      expect((await merchandiser.post('/trade/products', product)).status).toBe(403)
    },
  )

  test('a product is something in stock unless its merchandiser says that it is not', async () => {
    const add = async (product: object) => (await merchandiser.post('/products', product)).expect(201)
    expect(await add({ sku: 'MUG', name: 'A mug', price: pounds(1) })).toMatchObject({ stocked: true })
    expect(await add({ sku: 'POST', name: 'Postage', price: pounds(1), stocked: false })).toMatchObject({
      stocked: false,
    })
  })

  test('two at once on one SKU: one product', async () => {
    const product = { sku: 'ONE-1', name: 'One', price: pounds(1) }
    const answers = await Promise.all([1, 2, 3, 4].map(() => merchandiser.post('/products', product)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409])
  })

  test('a product stands in several categories, and each has its products in pages', async () => {
    const put = async (path: string, body: unknown) => (await merchandiser.put(path, body)).expect(200)
    const skus = [await shop.product(), await shop.product(), await shop.product()].toSorted()
    await put('/categories/kitchen', { name: 'Kitchen' })
    await put('/categories/gifts', { name: 'Gift' })
    expect(await put('/categories/gifts', { name: 'Gifts' })).toEqual({ category: 'gifts', name: 'Gifts' })
    for (const sku of skus) {
      const product = await put(`/products/${sku}/categories`, { categories: ['kitchen', 'gifts', 'gifts'] })
      expect(product.categories).toEqual(['gifts', 'kitchen'])
    }
    await put(`/products/${skus[0]}/categories`, { categories: ['kitchen'] })
    expect(await found('category=gifts')).toEqual(skus.slice(1))
    const first = (await shop.door.get('/products?category=kitchen&limit=2')).expect(200)
    expect(first.items.map(({ sku }: { sku: string }) => sku)).toEqual(skus.slice(0, 2))
    expect(await found(`category=kitchen&cursor=${first.next}`)).toEqual(skus.slice(2))
    expect(await found('category=empty')).toEqual([])
    expect((await shop.door.get('/categories')).expect(200).items).toEqual([
      { category: 'gifts', name: 'Gifts' },
      { category: 'kitchen', name: 'Kitchen' },
    ])
  })

  test('a category that is taken away leaves its products; one that is not there is named', async () => {
    const sku = await shop.product()
    ;(await merchandiser.put('/categories/old', { name: 'Old' })).expect(200)
    ;(await merchandiser.put(`/products/${sku}/categories`, { categories: ['old'] })).expect(200)
    ;(await merchandiser.ask('DELETE', '/categories/old')).expect(200)
    expect((await shop.door.get(`/products/${sku}`)).expect(200).categories).toEqual([])
    for (const answer of [
      await merchandiser.ask('DELETE', '/categories/old'),
      await merchandiser.put(`/products/${sku}/categories`, { categories: ['old'] }),
    ])
      expect(answer.expect(404)).toMatchObject({ code: 'CATEGORY_NOT_FOUND', details: { category: 'old' } })
    expect((await merchandiser.put('/products/GONE/categories', { categories: [] })).expect(404).code).toBe(
      'PRODUCT_NOT_FOUND',
    )
  })

  test('every price is in the history, in pages from the newest; the same price again is no change', async () => {
    const sku = await shop.product({ pence: 100 })
    for (const pence of [200, 200, 300])
      (
        await merchandiser.put(`/products/${sku}/price`, { price: { amount: pence, currency: 'GBP' } })
      ).expect(200)
    const amounts = ({ items }: { items: { price: { amount: number } }[] }) =>
      items.map(({ price }) => price.amount)
    const first = (await shop.door.get(`/products/${sku}/prices?limit=2`)).expect(200)
    expect(amounts(first)).toEqual([300, 200])
    const rest = (await shop.door.get(`/products/${sku}/prices?limit=2&cursor=${first.next}`)).expect(200)
    expect([amounts(rest), rest.next]).toEqual([[100], null])
    expect((await shop.door.get('/products/GONE/prices')).expect(404).code).toBe('PRODUCT_NOT_FOUND')
    expect((await shop.door.get(`/products/${sku}/prices?cursor=x`)).status).toBe(400)
  })

  test('two changes of one price at once: both are in the history, one after the other', async () => {
    const sku = await shop.product({ pence: 100 })
    await Promise.all(
      [201, 202, 203, 204].map((amount) =>
        merchandiser.put(`/products/${sku}/price`, { price: { amount, currency: 'GBP' } }),
      ),
    )
    const { items } = (await shop.door.get(`/products/${sku}/prices`)).expect(200)
    expect(items.map(({ number }: { number: number }) => number)).toEqual([5, 4, 3, 2, 1])
    expect(items[0].price).toEqual((await shop.door.get(`/products/${sku}`)).body.price)
  })

  test('the page of a product may be kept for seconds; who has it gets 304 until it changes', async () => {
    const sku = await shop.product({ pence: 100 })
    const page = await shop.door.get(`/products/${sku}`)
    expect(page.headers.get('cache-control')).toBe('public, max-age=5')
    const known = { headers: { 'if-none-match': page.headers.get('etag') ?? '' } }
    expect((await shop.door.ask('GET', `/products/${sku}`, known)).status).toBe(304)
    ;(await merchandiser.put(`/products/${sku}/price`, { price: pounds(5) })).expect(200)
    expect((await shop.door.ask('GET', `/products/${sku}`, known)).expect(200).price).toEqual(pounds(5))
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
