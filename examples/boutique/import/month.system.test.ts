import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop } from '../testing.ts'
import { createProgress } from './progress.ts'
import { runImport } from './run-import.ts'
import { expectBooksOf } from './testing.ts'

/** December 2010 of UCI's Online Retail, as the README says how to get it; no part of the repository. */
const path = process.env['ARCHIPEL_TRADE_FILE']
if (path === undefined)
  console.warn(
    '\n  THE MONTH OF REAL TRADE IS LEFT OUT: set ARCHIPEL_TRADE_FILE to its file (see README.md)\n',
  )

describe.skipIf(path === undefined)('the month of real trade', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boutique month '))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is in the shop to the penny, once, in its reports, on its shelves, at the card processor', async () => {
    await using shop = await startShop()
    const { email, password } = await shop.staff('trade')
    const options = {
      path: path ?? '',
      target: shop.application.url,
      email,
      password,
      rejectsPath: join(folder, 'rejects.csv'),
      concurrency: 8,
    }
    const report = await runImport(options, createProgress(process.stderr))
    expect(report).toMatchObject({
      file: {
        lines: 42_481,
        invoices: 2_025,
        orders: { count: 1_550, lines: 40_281, units: 349_800, total: 76_990_574 },
        creditNotes: { count: 326, total: 7_478_912 },
        rejected: 149,
        net: 69_511_662,
      },
      shop: {
        orders: [{ status: 'completed', count: 1_550, total: 76_990_574 }],
        creditNotes: [{ status: 'settled', count: 326, total: 7_478_912 }],
        net: 69_511_662,
      },
      agrees: true,
      refused: [],
    })
    await expectBooksOf(options.path, shop)
    expect(await runImport(options, createProgress(process.stderr))).toMatchObject({
      agrees: true,
      hadBefore: 1_876,
      shop: { net: 69_511_662 },
    })
    await expectBooksOf(options.path, shop)
  }, 400_000)
})
