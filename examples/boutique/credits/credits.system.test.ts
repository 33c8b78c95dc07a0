import { randomUUID } from 'node:crypto'
import { describePlacements } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { credits } from './contract.ts'

const Books = z.object({
  items: z.array(z.object({ reference: z.string(), credited: z.int(), credits: z.int() })),
})

const pence = (amount: number) => ({ amount, currency: 'GBP' })
const MUGS = [
  { sku: 'MUG', name: 'A mug', quantity: 2, price: pence(250) },
  { sku: 'MUG', name: 'A mug, chipped', quantity: 1, price: pence(100) },
]

describePlacements('a credit note', ({ options }) => {
  let shop: TestShop
  let customer: Person
  let support: Person
  let trader: Person
  beforeAll(async () => {
    shop = await startShop(options)
    customer = await shop.customer()
    support = await shop.staff('support')
    trader = await shop.staff('trade')
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const inside = () => shop.application.client(credits, { idempotencyKey: randomUUID() })
  const contentWith = (token = 'tok_ok', lines: object[] = MUGS) => ({
    customerId: customer.id,
    country: 'United Kingdom',
    lines,
    reason: 'Broken on arrival',
    payment: { token },
  })
  const imported = (externalReference: string, more: object = {}) =>
    trader.post('/trade/credit-notes', {
      externalReference,
      issuedAt: '2010-12-01T09:41:00.000Z',
      ...contentWith(),
      ...more,
    })
  const read = async (id: string) => (await support.get(`/credit-notes/${id}`)).expect(200)

  /** Issued by support and followed to its end. */
  async function ended(token?: string, lines?: object[]) {
    const answer = await support.post('/credit-notes', contentWith(token, lines))
    const { id } = answer.expect(202)
    expect(answer.headers.get('location')).toBe(`/api/v1/credit-notes/${id}`)
    await shop.application.idle()
    return read(id)
  }

  async function booksOf(reference: string) {
    const { items } = Books.parse(await (await fetch(`${shop.providerUrl}/books`)).json())
    return items.find((line) => line.reference === reference)
  }

  async function eventsOf(id: string): Promise<{ type: unknown; data: unknown }[]> {
    const rows = await shop.application.query(
      `select type, event -> 'data' as data from archipel_bus.log
        where publisher = 'credits' and key = $1 order by position`,
      [id],
    )
    return rows.map(({ type, data }) => ({ type, data }))
  }

  test.each(['tok_ok', 'tok_lost', 'tok_flaky', 'tok_slow'])('%s: is paid out once', async (token) => {
    const note = await ended(token)
    expect(note).toMatchObject({
      status: 'settled',
      source: 'shop',
      total: pence(600),
      lines: MUGS.map((line, index) => ({ number: index + 1, ...line })),
      refusal: null,
    })
    expect(await booksOf(note.id)).toEqual({ reference: note.id, credited: 600, credits: 1 })
    const facts = {
      creditNoteId: note.id,
      customerId: customer.id,
      total: pence(600),
      issuedAt: note.issuedAt,
      country: 'United Kingdom',
      source: 'shop',
      lines: note.lines,
    }
    expect(await eventsOf(note.id)).toMatchObject([
      { type: 'credits.creditNoteIssued.v1', data: facts },
      { type: 'credits.creditNoteSettled.v1', data: { ...facts, at: note.settledAt } },
    ])
  })

  test.each(['tok_declined', 'tok_nobody_issued'])('%s: is refused, and no money moves', async (token) => {
    const note = await ended(token)
    expect(note).toMatchObject({ status: 'refused', refusal: 'CREDIT_DECLINED', settledAt: null })
    expect(await booksOf(note.id)).toBeUndefined()
    expect((await eventsOf(note.id)).map(({ type }) => type)).toEqual([
      'credits.creditNoteIssued.v1',
      'credits.creditNoteRefused.v1',
    ])
  })

  test('moves no stock', async () => {
    const sku = await shop.product({ pieces: 10 })
    await ended('tok_ok', [{ sku, name: 'A product', quantity: 3, price: pence(100) }])
    expect((await shop.door.get(`/stock/${sku}`)).expect(200)).toMatchObject({
      received: 10,
      available: 10,
      sold: 0,
    })
  })

  test('may have 1,000 lines, with whatever names', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => ({
      sku: `SKU-${index % 7}`,
      name: `A "name", {of} \\ ${index}, NULL`,
      quantity: index + 1,
      price: pence(3),
    }))
    const note = await ended('tok_ok', lines)
    expect(note).toMatchObject({ status: 'settled', total: pence(1_501_500) })
    expect(note.lines).toEqual(lines.map((line, index) => ({ number: index + 1, ...line })))
  })

  test('of more money than can be counted, or for nobody we know, is refused and leaves nothing', async () => {
    const much = { sku: 'GOLD', name: 'Gold', quantity: 100_000, price: pence(100_000_000) }
    expect((await support.post('/credit-notes', contentWith('tok_ok', [much]))).expect(422)).toMatchObject({
      code: 'TOTAL_TOO_HIGH',
    })
    const nobody = { ...contentWith(), customerId: randomUUID() }
    expect((await support.post('/credit-notes', nobody)).expect(422)).toMatchObject({
      code: 'CUSTOMER_NOT_FOUND',
    })
    const { items } = (await support.get('/credit-notes?status=issued')).expect(200)
    expect(items).toEqual([])
  })

  test('that has ended stays as it is', async () => {
    const [settled, refused] = [await ended('tok_ok'), await ended('tok_declined')]
    const { id: creditNoteId, settledAt } = settled
    const creditedAt = '2031-01-01T00:00:00.000Z'
    expect(await inside().completeCreditNote({ creditNoteId, creditedAt })).toEqual({ settledAt })
    expect(await inside().try.refuseCreditNote({ creditNoteId, refusal: 'LATE' })).toMatchObject({
      error: { code: 'CREDIT_NOTE_SETTLED' },
    })
    const late = { creditNoteId: refused.id, creditedAt }
    expect(await inside().try.completeCreditNote(late)).toMatchObject({
      error: { code: 'CREDIT_NOTE_REFUSED' },
    })
    expect([await read(settled.id), await read(refused.id)]).toEqual([settled, refused])
    expect(await eventsOf(settled.id)).toHaveLength(2)
  })

  describe('of a trader', () => {
    test('keeps the day on which it was issued, and goes the same way', async () => {
      const { id } = (await imported('C1')).expect(202)
      await shop.application.idle()
      expect(await read(id)).toMatchObject({
        status: 'settled',
        source: 'trade',
        issuedAt: '2010-12-01T09:41:00.000Z',
      })
      expect((await eventsOf(id))[1]?.data).toMatchObject({
        source: 'trade',
        issuedAt: '2010-12-01T09:41:00.000Z',
      })
    })

    test('is one for each reference: the same again is answered as it stands, other content is refused', async () => {
      const first = (await imported('C2')).expect(202)
      expect(first).toMatchObject({ status: 'issued', total: pence(600) })
      await shop.application.idle()
      expect((await imported('C2')).expect(202)).toEqual({ ...first, status: 'settled' })
      const sameMoment = { issuedAt: '2010-12-01T10:41:00+01:00', payment: { token: 'tok_declined' } }
      expect((await imported('C2', sameMoment)).status).toBe(400)
      expect((await imported('C2', { payment: { token: 'tok_declined' } })).expect(202)).toMatchObject({
        id: first.id,
      })
      for (const other of [{ country: 'France' }, { reason: 'Another' }, { lines: MUGS.slice(1) }])
        expect((await imported('C2', other)).expect(409)).toMatchObject({
          code: 'REFERENCE_TAKEN',
          details: { id: first.id },
        })
      expect(await booksOf(first.id)).toMatchObject({ credited: 600, credits: 1 })
    })

    test('that comes many times at once is one', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => imported('C3')))
      expect(new Set(answers.map((answer) => answer.expect(202).id)).size).toBe(1)
    })

    test('may have the reference of another trader', async () => {
      const other = await shop.staff('trade')
      const content = { issuedAt: '2010-12-02T00:00:00Z', ...contentWith() }
      const { id } = (await imported('C4')).expect(202)
      const theirs = await other.post('/trade/credit-notes', { externalReference: 'C4', ...content })
      expect(theirs.expect(202).id).not.toBe(id)
      expect((await other.get('/trade/credit-notes')).expect(200)).toMatchObject({
        items: [{ externalReference: 'C4', id: theirs.body.id }],
        next: null,
      })
    })

    test('is in the pages and sums of who brought it in', async () => {
      const own = await shop.staff('trade')
      const content = { issuedAt: '2010-12-02T00:00:00Z', ...contentWith() }
      const references = ['C9', 'C10', 'c1', 'C1', 'C 5']
      for (const externalReference of references)
        (await own.post('/trade/credit-notes', { externalReference, ...content })).expect(202)
      const declined = { externalReference: 'Z', ...content, payment: { token: 'tok_declined' } }
      ;(await own.post('/trade/credit-notes', declined)).expect(202)
      await shop.application.idle()
      const seen: string[] = []
      let cursor = ''
      do {
        const page = (await own.get(`/trade/credit-notes?limit=2${cursor}`)).expect(200)
        seen.push(...page.items.map((one: { externalReference: string }) => one.externalReference))
        cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`
      } while (cursor !== '')
      expect(seen).toEqual(['C 5', 'C1', 'C10', 'C9', 'Z', 'c1'])
      expect((await own.get('/trade/credit-notes/summary')).expect(200)).toEqual({
        statuses: [
          { status: 'refused', creditNotes: 1, lines: 2, units: 3, total: pence(600) },
          { status: 'settled', creditNotes: 5, lines: 10, units: 15, total: pence(3_000) },
        ],
      })
    })
  })

  test('is seen by its customer and by support, page by page; for others it is not there', async () => {
    const [owner, other] = [await shop.customer(), await shop.customer()]
    const ids: string[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      const content = { ...contentWith(), customerId: owner.id }
      ids.unshift((await support.post('/credit-notes', content)).expect(202).id)
    }
    const first = (await owner.get('/credit-notes?limit=2')).expect(200)
    const rest = (await owner.get(`/credit-notes?limit=2&cursor=${first.next}`)).expect(200)
    expect([...first.items, ...rest.items].map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(rest.next).toBeNull()
    ;(await owner.get(`/credit-notes/${ids[0]}`)).expect(200)
    const foreign = await other.get(`/credit-notes/${ids[0]}`)
    const unknown = await other.get(`/credit-notes/${randomUUID()}`)
    expect([foreign.status, unknown.status]).toEqual([404, 404])
    expect((await other.get('/credit-notes')).expect(200).items).toEqual([])
    ;(await owner.post('/credit-notes', contentWith())).expect(403)
    ;(await trader.post('/credit-notes', contentWith())).expect(403)
    ;(await support.get('/trade/credit-notes')).expect(403)
  })

  test('every command gave the same answer to the same key', () => {
    expect(shop.application.differences).toEqual([])
  })
})
