import fc from 'fast-check'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { anyStep, createShop, expectedLines } from './test-shop.ts'
import { openProvider, type Merchant } from './test-merchant.ts'

test('the books are what a shop learned over HTTP, after any sequence of operations', async () => {
  await using setting = await openProvider({ slowMs: 0 })
  const { merchant } = setting
  let run = 0
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 30 }), async (steps) => {
    run += 1
    const shop = createShop(merchant, run)
    for (const next of steps) await shop.perform(next)
    const { items } = await merchant.books(`?after=order-${run}-`)
    expect(items.filter(({ reference }) => reference.startsWith(`order-${run}-`))).toEqual(
      expectedLines(shop.beliefs),
    )
  })
  await fc.assert(property, { numRuns: 60 })
  await expectNoOrphans(setting.connectionString)
}, 60_000)

const Counts = z.object({ answered: z.int(), effects: z.int(), crooked: z.int() })

/** What the sums can't show: a succeeded answer without its effect, or refunds that differ from their rows. */
async function expectNoOrphans(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query(`
    select
      (select count(*)::int from provider.operation where http_status = 201 and kind <> 'void') as answered,
      (select count(*)::int from (
        select key from provider.authorisation union all select key from provider.capture
        union all select key from provider.refund union all select key from provider.credit) effect) as effects,
      (select count(*)::int from provider.capture c where c.refunded <>
        (select coalesce(sum(r.amount), 0) from provider.refund r where r.capture_id = c.id)) as crooked`)
  await client.end()
  const { answered, effects, crooked } = Counts.parse(rows[0])
  expect(answered).toBeGreaterThan(0)
  expect({ effects, crooked }).toEqual({ effects: answered, crooked: 0 })
}

test('books come in pages that miss no reference and repeat none', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  const references = ['B-2', 'a-1', 'a-10', 'a-2', 'b-1']
  for (const reference of references) await merchant.authorise('tok_ok', undefined, { reference })
  for (const reference of ['a-10', 'a-3', 'c-1']) await merchant.credit('tok_ok', undefined, { reference })
  const seen: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: Awaited<ReturnType<Merchant['books']>> = await merchant.books(
      `?limit=2${after && `&after=${after}`}`,
    )
    seen.push(...page.items.map(({ reference }) => reference))
    after = page.next
  }
  expect(seen).toEqual(['B-2', 'a-1', 'a-10', 'a-2', 'a-3', 'b-1', 'c-1'])
})

test('a reference used with two currencies has a line for each', async () => {
  await using setting = await openProvider()
  const { merchant } = setting
  for (const currency of ['GBP', 'EUR']) {
    await merchant.post('/authorisations', { amount: 5, currency, token: 'tok_ok', reference: 'o' })
  }
  const { items } = await merchant.books()
  expect(items.map(({ currency, held }) => [currency, held])).toEqual([
    ['EUR', 5],
    ['GBP', 5],
  ])
})
