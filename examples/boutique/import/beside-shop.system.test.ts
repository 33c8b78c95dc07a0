import { mkdtemp, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from 'archipel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runShopToItsEnd, startShopProcess } from '../testing-process.ts'
import { FORTY_INVOICES } from './reading/testing.ts'

let dataFolder: string
beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'boutique with trade '))
  // PostgreSQL runs as another user where we are root.
  await chmod(dataFolder, 0o755)
})
afterAll(() => rm(dataFolder, { recursive: true, force: true }))

test('npm start -- --with-trade FILE imports it while the shop serves, and again on the next start', async () => {
  for (const had of ['0 invoices were there before', '28 invoices were there before']) {
    await using shop = await startShopProcess({ dataFolder, args: ['--with-trade', FORTY_INVOICES] })
    const customer = await shop.signIn('customer')
    const order = { lines: [{ sku: 'MUG-01', quantity: 1 }], payment: { token: 'tok_ok' } }
    ;(await customer.post('/orders', order)).expect(202)
    await eventually(() => shop.output().includes('They agree, to the penny.'), 30_000)
    const { code, output } = await shop.stop()
    expect([code, output]).toEqual([0, expect.stringContaining(had)])
  }
})

test('a file that is not there is said before anything starts', async () => {
  const { code, output } = await runShopToItsEnd({ dataFolder, args: ['--with-trade', '/not/there.csv'] })
  expect([code, output]).toEqual([64, expect.stringContaining('there is no file /not/there.csv')])
})
