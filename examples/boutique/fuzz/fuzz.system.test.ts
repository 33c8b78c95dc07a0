import { expect, test } from 'vitest'
import { startShop } from '../testing.ts'
import { runFuzz } from './run.ts'

test(
  'no request that the OpenAPI document allows, or nearly allows, gets an answer that it does not',
  { timeout: 120_000 },
  async () => {
    await using shop = await startShop()
    const roles = ['merchandiser', 'support', 'operator', 'trade'] as const
    const staff = roles.map(async (role) => [role, (await shop.staff(role)).token] as const)
    const tokens = {
      ...Object.fromEntries(await Promise.all(staff)),
      customer: (await shop.customer()).token,
      stranger: (await shop.customer()).token,
    }
    await shop.product()
    const { findings, statuses } = await runFuzz({
      origin: shop.application.url,
      tokens,
      requests: 1_500,
      seed: 1,
    })
    expect(findings).toEqual([])
    const successful = [...statuses].filter(([, counts]) => [...counts.keys()].some((status) => status < 300))
    expect(successful.length / statuses.size, 'operations that succeeded at least once').toBeGreaterThan(0.6)
  },
)
