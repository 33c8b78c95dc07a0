import { expect, test } from 'vitest'
import { startShop } from '../testing.ts'
import { runFuzz } from './run.ts'

test(
  'no request that the OpenAPI document allows, or nearly allows, gets an answer that it does not',
  { timeout: 120_000 },
  async () => {
    await using shop = await startShop()
    const staff = await Promise.all(
      (['merchandiser', 'support', 'operator', 'trade'] as const).map(shop.staff),
    )
    const people = [...staff, await shop.customer(), await shop.customer()]
    await shop.product()
    const { findings, statuses } = await runFuzz({
      origin: shop.application.url,
      tokens: people.map((person) => person.token),
      requests: 1_500,
      seed: 1,
    })
    expect(findings).toEqual([])
    const successful = [...statuses].filter(([, counts]) => [...counts.keys()].some((status) => status < 300))
    expect(successful.length / statuses.size, 'operations that succeeded at least once').toBeGreaterThan(0.6)
  },
)
