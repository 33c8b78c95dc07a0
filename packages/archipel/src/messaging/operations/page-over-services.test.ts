import { expect, test } from 'vitest'
import { pageOverServices, type ListOverServices } from './page-over-services.ts'

interface Item {
  readonly service: string
  readonly number: number
}

const HELD: Readonly<Record<string, readonly number[]>> = {
  stock: [1, 2, 3],
  mail: [],
  orders: [1, 2],
  till: [7],
}

/** Says for each question which service was asked for how many, behind what. */
function listOf(services: readonly string[]) {
  const asked: string[] = []
  const list: ListOverServices<Item, number> = {
    services,
    async list(service, after, limit) {
      asked.push(`${limit} of ${service}${after === undefined ? '' : ` behind ${after}`}`)
      const behind = (HELD[service] ?? []).filter((number) => number > (after ?? 0))
      return behind.slice(0, limit).map((number) => ({ service, number }))
    },
    placeOf: ({ number }) => [number],
    placeFrom: ([number]) => (typeof number === 'number' ? number : undefined),
  }
  return { asked, list }
}

async function walk(limit: number, services: readonly string[]): Promise<string[]> {
  const { list } = listOf(services)
  const pages: string[] = []
  let cursor: string | undefined
  do {
    const page = await pageOverServices(list, { limit, cursor })
    pages.push(page.items.map(({ service, number }) => `${service} ${number}`).join(', '))
    cursor = page.next
  } while (cursor !== undefined)
  return pages
}

test.each([
  [2, ['orders 1, orders 2', 'stock 1, stock 2', 'stock 3, till 7']],
  [4, ['orders 1, orders 2, stock 1, stock 2', 'stock 3, till 7']],
  [6, ['orders 1, orders 2, stock 1, stock 2, stock 3, till 7']],
])('pages of %i go through all services by name, nothing twice, nothing left out', async (limit, pages) => {
  expect(await walk(limit, Object.keys(HELD))).toEqual(pages)
})

test('where no service holds anything there is one empty page', async () => {
  expect(await walk(3, ['mail'])).toEqual([''])
  expect(await walk(3, [])).toEqual([''])
})

test('services before the cursor, and those behind a full page, are not asked', async () => {
  const { asked, list } = listOf(Object.keys(HELD))
  const { next } = await pageOverServices(list, { limit: 3, cursor: undefined })
  await pageOverServices(list, { limit: 1, cursor: next })
  expect(asked).toEqual(['4 of mail', '4 of orders', '2 of stock', '2 of stock behind 1'])
})

test.each([
  '',
  '!',
  'W10',
  encoded('"orders"'),
  encoded('["orders"]'),
  encoded('["orders","1"]'),
  encoded('[1,1]'),
])('%j is no cursor', async (cursor) => {
  await expect(pageOverServices(listOf(['orders']).list, { limit: 1, cursor })).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
  })
})

function encoded(json: string): string {
  return Buffer.from(json).toString('base64url')
}
