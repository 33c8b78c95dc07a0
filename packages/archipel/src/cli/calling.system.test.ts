import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archipel, openShop } from './shop.fixture.ts'

let shop: Awaited<ReturnType<typeof openShop>>
let folder: string
beforeAll(async () => {
  shop = await openShop()
  folder = await mkdtemp(join(tmpdir(), 'archipel command '))
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const why = ['--why', 'a test']

describe('archipel call', () => {
  test('asks a query, and does a command once per key, recorded with who and why but without secrets', async () => {
    const before = await shop.archipel('call', 'counters.countSales', '{"from":3}')
    expect(JSON.parse(before.out)).toEqual({ from: 3, sold: 0 })
    const sale = (...more: string[]) =>
      shop.archipel('call', 'counters.sell', '{"orderId":"o-1","pence":1}', '--key', 'k-1', ...why, ...more)
    expect(await sale()).toMatchObject({ code: 77 })
    expect(JSON.parse((await sale('--role', 'cashier')).out)).toEqual({ orderId: 'o-1' })
    expect(await sale('--role', 'cashier')).toMatchObject({ code: 0 })
    expect(JSON.parse((await shop.archipel('call', 'counters.countSales')).out)).toEqual({ from: 0, sold: 1 })
    const [record] = await shop.running.query(
      `select who, why, input from archipel.operator_actions
       where operation = 'callOperation' and input->'roles' ? 'cashier' limit 1`,
    )
    expect(record).toMatchObject({ who: 'olga', why: 'a test', input: { operation: 'sell', key: 'k-1' } })
  })

  test('reaches internal operations, and gives their declared errors with their details', async () => {
    shop.world.declined.add('o-2')
    const declined = await shop.archipel('call', 'tills.charge', '{"orderId":"o-2","pence":1}', ...why)
    expect(declined).toMatchObject({ code: 73, out: '' })
    expect(declined.errors).toMatch(/^CARD_DECLINED: .*\n {2}- orderId: "o-2"\n/)
    const asJson = await shop.archipel(
      'call',
      'tills.charge',
      '{"orderId":"o-2","pence":1}',
      ...why,
      '--json',
    )
    expect(JSON.parse(asJson.errors)).toMatchObject({
      error: { code: 'CARD_DECLINED', kind: 'conflict', details: { orderId: 'o-2' } },
    })
  })

  test('takes its input from standard input', async () => {
    const variables = { ARCHIPEL_DATA: shop.running.dataFolder }
    const asked = await archipel(['call', 'counters.countSales', '-'], variables, {
      standardInput: '{"from":7}',
    })
    expect(JSON.parse(asked.out)).toMatchObject({ from: 7 })
  })

  test.each([
    [['call', 'counters.countSales', '{"from":'], 65, 'The input is not JSON: '],
    [['call', 'counters.countSales', '[1]'], 65, 'The input must be a JSON object'],
    [['call', 'counters.countSales', '{"form":1}'], 65, 'form: is not a field of this operation'],
    [['call', 'counters.countSales', '{"from":"x"}'], 65, 'from: '],
    [['call', 'counters.countsale'], 66, 'Did you mean counters.countSales or counters.'],
    [['call', 'catalogue.add'], 66, 'archipel contract show'],
    [['call', 'sell'], 65, 'SERVICE.NAME'],
    [['call', 'counters.sell', '{}'], 65, 'say --why'],
    [
      ['call', 'counters.close', '{"orderId":"x","password":"y"}', '--why', 'x'],
      65,
      'password: is not a field',
    ],
  ])('%j is refused with words that help', async (argv, code, words) => {
    const refused = await shop.archipel(...argv)
    expect(refused).toMatchObject({ code, out: '' })
    expect(refused.errors).toContain(words)
  })

  test('no secret that was typed stands in the record', async () => {
    const records = await shop.running.query(`select input::text from archipel.operator_actions`)
    expect(JSON.stringify(records)).not.toContain('"y"')
    expect(JSON.stringify(records)).toContain('[hidden]')
  })
})

describe('archipel contract', () => {
  const module = (version: string, further: string) => `
    import { contract, query } from 'archipel'
    import { z } from 'zod'
    const countSales = query({
      http: { route: 'GET /sales/count' },
      access: 'public',
      input: z.object({ from: z.int().default(0) }),
      output: z.object({ from: z.int()${further} }),
    })
    export const counters = contract('counters', { version: '${version}', operations: { countSales } })
    export const unrelated = 7
  `

  test('shows what runs', async () => {
    const { out } = await shop.archipel('contract', 'show')
    expect(out).toMatch(
      /^counters 1\.0\.0\nOPERATION +KIND +ROUTE +ACCESS +ERRORS\nsell +command +POST \/sales/,
    )
    expect(out).toMatch(/listSales +query +GET \/sales +owner by orderId or cashier/)
    expect(out).toMatch(/charge +command +- +internal +CARD_DECLINED/)
    expect(out).toMatch(/counters\.sold\.v1 +orderId/)
    const one = await shop.archipel('contract', 'show', '--contract', 'tills', '--json')
    expect(JSON.parse(one.out).contracts).toMatchObject([{ name: 'tills', version: '1.2.0' }])
    expect(await shop.archipel('contract', 'show', '--contract', 'nobody')).toMatchObject({ code: 66 })
  })

  test('compares modules, kept descriptions and what runs', async () => {
    const kept = join(folder, 'kept.json')
    await writeFile(kept, (await shop.archipel('contract', 'show', '--json')).out)
    expect((await shop.archipel('contract', 'diff', kept)).out).toBe('Nothing changed.\n')

    // Beside this file, so that it finds the packages that it imports.
    const beside = await mkdtemp(join(import.meta.dirname, 'temporary '))
    try {
      await writeFile(join(beside, 'old.ts'), module('1.0.0', ', sold: z.int()'))
      await writeFile(join(beside, 'new.ts'), module('1.1.0', ', sold: z.int(), refunded: z.int()'))
      await writeFile(join(beside, 'broken.ts'), module('2.0.0', ''))
      const diff = (...argv: string[]) =>
        archipel(['contract', 'diff', ...argv], {}, { workingFolder: beside })
      const fine = await diff('old.ts', './new.ts')
      expect(fine).toMatchObject({ code: 0 })
      expect(fine.out).toMatch(/counters +operations\.countSales\.output\.refunded +true/)
      const broken = await diff('old.ts', 'broken.ts', '--json')
      expect(broken).toMatchObject({ code: 65 })
      expect(JSON.parse(broken.out)).toMatchObject({
        breaks: 1,
        changes: [{ contract: 'counters', path: 'operations.countSales.output.sold', compatible: false }],
      })
      const one = await diff(kept, 'new.ts')
      expect(one.out).not.toContain('the contract is gone')
      expect(one.out).toMatch(/\nNot compared, as new\.ts is of one contract: .*tills.*\.\n$/)
      const shown = await archipel(['contract', 'show', 'new.ts', '--json'], {}, { workingFolder: beside })
      const [counters] = JSON.parse(shown.out).contracts
      const contracts = [counters, { ...counters, name: 'benches' }]
      await writeFile(join(beside, 'several.json'), JSON.stringify({ contracts }))
      const several = await diff(kept, 'several.json')
      expect(several).toMatchObject({ code: 65 })
      expect(several.out).toMatch(/tills +- +false +the contract is gone/)
      expect(several.out).toMatch(/benches +- +true +the contract is new/)
    } finally {
      await rm(beside, { recursive: true })
    }
  })

  test('makes the OpenAPI document of what runs', async () => {
    const { out } = await shop.archipel('contract', 'openapi', '--title', 'Corner')
    expect(JSON.parse(out)).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Corner' },
      paths: { '/sales': { post: { operationId: 'countersSell' } } },
    })
  })

  test('makes the AsyncAPI document of what runs', async () => {
    const { out } = await shop.archipel('contract', 'asyncapi')
    const document = JSON.parse(out)
    expect(document).toMatchObject({ asyncapi: '3.0.0', info: { title: 'counters, tills, ledger' } })
    expect(JSON.stringify(document.channels)).toContain('counters.sold.v1')
  })

  test('says what is wrong with a file', async () => {
    const show = (file: string) => archipel(['contract', 'show', file], {}, { workingFolder: folder })
    expect((await show('absent.ts')).errors).toContain(`There is no file ${join(folder, 'absent.ts')}`)
    await writeFile(join(folder, 'empty.mjs'), 'export const nothing = 1')
    expect((await show('empty.mjs')).errors).toContain('empty.mjs holds no contracts')
    await writeFile(join(folder, 'wrong.mjs'), 'throw new RangeError("too far")')
    expect(await show('wrong.mjs')).toMatchObject({
      code: 65,
      errors: expect.stringContaining('could not be loaded: RangeError: too far'),
    })
    await writeFile(join(folder, 'wrong.json'), '{')
    expect((await show('wrong.json')).errors).toContain('is not JSON')
  })
})
