import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'

describePlacements('reviews', ({ options }) => {
  let shop: TestShop
  let support: Person
  let someone: Person
  beforeAll(async () => {
    shop = await startShop(options)
    support = await shop.staff('support')
    someone = await shop.customer()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  /** Somebody who has bought these, and the order. */
  async function buyer(...skus: string[]) {
    const person = await shop.customer()
    const { id } = await shop.order(
      person,
      skus.map((sku) => ({ sku, quantity: 2 })),
    )
    await shop.application.idle()
    return { person, orderId: id }
  }
  const put = (person: Person, sku: string, review: object, key?: string) =>
    person.put(`/products/${sku}/reviews/mine`, review, key)
  async function ratingOf(sku: string) {
    await shop.application.idle()
    const { count, average } = (await shop.door.get(`/products/${sku}/rating`)).expect(200)
    return { count, average }
  }
  const listOf = async (sku: string) => (await shop.door.get(`/products/${sku}/reviews`)).expect(200).items
  const toldOf = async (reviewId: string) =>
    (
      await shop.application.query(
        `select type, event -> 'data' as data from archipel_bus.log where publisher = 'reviews' and key = $1 order by position`,
        [reviewId],
      )
    ).map(({ type, data }) => ({ type: String(type).replace(/^reviews\.(.+)\.v1$/, '$1'), data }))

  test('come from who has really bought, and everybody reads them without a name', async () => {
    const sku = await shop.product()
    const { person } = await buyer(sku)
    const review = (await put(person, sku, { stars: 4, text: 'Holds tea.' })).expect(200)
    expect(review).toMatchObject({ sku, stars: 4, text: 'Holds tea.', changedAt: null, hiddenAt: null })
    expect((await person.get(`/products/${sku}/reviews/mine`)).expect(200)).toEqual(review)
    expect((await person.get('/reviews/mine')).expect(200)).toEqual({ items: [review], next: null })

    const { id, stars, text, writtenAt, changedAt } = review
    expect(await listOf(sku)).toEqual([{ id, sku, stars, text, writtenAt, changedAt }])
    expect(await ratingOf(sku)).toEqual({ count: 1, average: 4 })
    expect(await toldOf(id)).toMatchObject([
      { type: 'reviewPublished', data: { sku, customerId: person.id, stars, text } },
    ])
  })

  test('are refused to who has not bought, or whose payment was', async () => {
    const [sku, other] = [await shop.product(), await shop.product()]
    const { person } = await buyer(sku)
    const stranger = await shop.customer()
    await shop.order(stranger, [{ sku, quantity: 1 }], 'tok_declined')
    await shop.application.idle()
    for (const [who, what] of [
      [person, other],
      [stranger, sku],
    ] as const) {
      const answer = await put(who, what, { stars: 1 })
      expect(answer.expect(403)).toMatchObject({ code: 'NOT_BOUGHT', details: { sku: what } })
      expect((await who.get(`/products/${what}/reviews/mine`)).expect(404).code).toBe('REVIEW_NOT_FOUND')
    }
    expect((await shop.door.put(`/products/${sku}/reviews/mine`, { stars: 1 })).status).toBe(401)
    expect((await put(support, sku, { stars: 1 })).expect(403).code).toBe('ARC_FORBIDDEN')
    expect(await ratingOf(sku)).toEqual({ count: 0, average: null })
    expect(await listOf(sku)).toEqual([])
  })

  test('are one for each customer and product: put again it is changed, put alike it is not', async () => {
    const sku = await shop.product()
    const [{ person }, { person: other }] = [await buyer(sku), await buyer(sku)]
    const first = (await put(person, sku, { stars: 5, text: 'Good' })).expect(200)
    ;(await put(other, sku, { stars: 2 })).expect(200)
    expect((await put(person, sku, { stars: 5, text: 'Good' })).expect(200)).toEqual(first)

    const key = randomUUID()
    const changed = (await put(person, sku, { stars: 3 }, key)).expect(200)
    expect(changed).toMatchObject({ id: first.id, stars: 3, text: null, writtenAt: first.writtenAt })
    expect(changed.changedAt).not.toBeNull()
    expect((await put(person, sku, { stars: 4 })).expect(200).stars).toBe(4)
    // The key has its answer, whatever was put since.
    expect((await put(person, sku, { stars: 3 }, key)).expect(200)).toEqual(changed)
    expect((await put(person, sku, { stars: 1 }, key)).expect(422).code).toBe('ARC_KEY_REUSED')

    expect(await ratingOf(sku)).toEqual({ count: 2, average: 3 })
    expect((await toldOf(first.id)).map(({ type, data }) => [type, data])).toMatchObject([
      ['reviewPublished', { stars: 5 }],
      ['reviewChanged', { previousStars: 5, stars: 3, text: null }],
      ['reviewChanged', { previousStars: 3, stars: 4 }],
    ])
  })

  test('are one also when several are put at the same time', async () => {
    const sku = await shop.product()
    const { person } = await buyer(sku)
    const answers = await Promise.all([1, 2, 3, 4, 5].map((stars) => put(person, sku, { stars })))
    const ids = answers.map((answer) => answer.expect(200).id)
    expect(new Set(ids).size).toBe(1)
    const [mine] = (await person.get('/reviews/mine')).expect(200).items
    expect(await ratingOf(sku)).toEqual({ count: 1, average: mine.stars })
  })

  test('are hidden by support with a reason that their author reads, and shown again', async () => {
    const sku = await shop.product()
    const [{ person }, { person: other }] = [await buyer(sku), await buyer(sku)]
    const { id } = (await put(person, sku, { stars: 1, text: 'Rude words' })).expect(200)
    ;(await put(other, sku, { stars: 5 })).expect(200)
    const hiding = `/reviews/${id}/hiding`
    const showing = `/reviews/${id}/showing`
    expect((await person.post(hiding, { reason: 'mine' })).expect(403).code).toBe('ARC_FORBIDDEN')
    expect((await support.post(showing, {})).expect(409).code).toBe('NOT_HIDDEN')
    const hidden = (await support.post(hiding, { reason: 'rude words' })).expect(200)
    expect((await support.post(hiding, { reason: 'too late' })).expect(409)).toMatchObject({
      code: 'ALREADY_HIDDEN',
      details: { reason: 'rude words', hiddenAt: hidden.hiddenAt },
    })
    expect(await ratingOf(sku)).toEqual({ count: 1, average: 5 })
    expect(await listOf(sku)).toMatchObject([{ stars: 5 }])
    expect((await person.get('/reviews/mine')).expect(200).items).toMatchObject([
      { id, reason: 'rude words' },
    ])
    expect((await support.get('/reviews/hidden')).expect(200).items[0]).toMatchObject({
      id,
      customerId: person.id,
      text: 'Rude words',
      reason: 'rude words',
      hiddenBy: support.id,
    })

    // It stays hidden when it is changed, and counts with its new stars when it is back.
    expect((await put(person, sku, { stars: 2, text: 'Kind words' })).expect(200).reason).toBe('rude words')
    expect(await ratingOf(sku)).toEqual({ count: 1, average: 5 })
    expect((await support.post(showing, {})).expect(200)).toMatchObject({ hiddenAt: null, reason: null })
    expect(await ratingOf(sku)).toEqual({ count: 2, average: 3.5 })
    expect(await listOf(sku)).toMatchObject([{ stars: 5 }, { id, stars: 2, text: 'Kind words' }])
    const told = await toldOf(id)
    expect(told.map(({ type }) => type)).toEqual(['reviewPublished', 'reviewHidden', 'reviewShown'])
    expect(told[1]?.data).not.toHaveProperty('text')

    const nobodys = `/reviews/${randomUUID()}`
    for (const [path, body] of [
      [`${nobodys}/hiding`, { reason: 'x' }],
      [`${nobodys}/showing`, {}],
    ] as const)
      expect((await support.post(path, body)).expect(404).code).toBe('REVIEW_NOT_FOUND')
  })

  test('stay when their order is refunded, which brings no new one; what is sent back was bought all the same', async () => {
    const [sku, other] = [await shop.product(), await shop.product()]
    const { person, orderId } = await buyer(sku, other)
    ;(await put(person, sku, { stars: 4 })).expect(200)
    ;(await person.post(`/orders/${orderId}/cancellation`, {})).expect(202)
    await shop.application.idle()
    expect((await put(person, other, { stars: 4 })).expect(403).code).toBe('NOT_BOUGHT')
    expect((await put(person, sku, { stars: 3 })).expect(200).stars).toBe(3)
    expect(await ratingOf(sku)).toEqual({ count: 1, average: 3 })

    const again = await shop.order(person, [{ sku: other, quantity: 1 }])
    await shop.application.idle()
    await shop.ship(again.id)
    await shop.application.idle()
    const lines = [{ number: 1, quantity: 1 }]
    const { id } = (await person.post(`/orders/${again.id}/returns`, { lines })).expect(201)
    ;(
      await support.post(`/returns/${id}/approval`, { lines: [{ number: 1, disposition: 'restock' }] })
    ).expect(202)
    await shop.application.idle()
    expect((await support.get(`/returns/${id}`)).expect(200).status).toBe('refunded')
    expect((await put(person, other, { stars: 1, text: 'Sent it back.' })).expect(200).stars).toBe(1)
  })

  test('come in pages, the latest first', async () => {
    const skus = [await shop.product(), await shop.product(), await shop.product()]
    const { person } = await buyer(...skus)
    const ids: string[] = []
    for (const sku of skus) ids.unshift((await put(person, sku, { stars: 3 })).expect(200).id)
    for (const id of ids) (await support.post(`/reviews/${id}/hiding`, { reason: 'not yet' })).expect(200)
    const pages = async (reader: Person, path: string) => {
      const first = (await reader.get(`${path}?limit=2`)).expect(200)
      const second = (await reader.get(`${path}?limit=2&cursor=${first.next}`)).expect(200)
      return [...first.items, ...second.items].map((review: { id: string }) => review.id)
    }
    expect(await pages(person, '/reviews/mine')).toEqual(ids)
    // What was hidden last is first.
    expect((await pages(support, '/reviews/hidden')).slice(0, 3)).toEqual(ids.toReversed())
    const stranger = await shop.customer()
    expect((await stranger.get('/reviews/mine')).expect(200)).toEqual({ items: [], next: null })
  })

  test.each<[what: string, review: object, field: string]>([
    ['no star', { stars: 0 }, 'stars'],
    ['six stars', { stars: 6 }, 'stars'],
    ['half a star', { stars: 4.5 }, 'stars'],
    ['nothing', {}, 'stars'],
    ['an empty text', { stars: 4, text: '' }, 'text'],
    ['two lines', { stars: 4, text: 'two\nlines' }, 'text'],
    ['a text that is too long', { stars: 4, text: 'x'.repeat(2_001) }, 'text'],
    ['a name', { stars: 4, author: 'Ann' }, 'author'],
  ])('of %s are refused, and the field is named', async (_, review, field) => {
    const answer = await put(someone, 'MUG-01', review)
    expect(answer.expect(400).details.issues[0].path).toBe(field)
  })
})
