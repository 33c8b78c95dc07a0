import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../testing/index.ts'
import { archipel, openShop } from './shop.fixture.ts'

let shop: Awaited<ReturnType<typeof openShop>>
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop[Symbol.asyncDispose]())

/** Its answer as JSON, of a command that must succeed. */
async function json(...argv: string[]) {
  const { code, out, errors } = await shop.archipel(...argv, '--json')
  expect(errors).toBe('')
  expect(code).toBe(0)
  return JSON.parse(out)
}

describe('archipel saga', () => {
  test('lists and shows what runs, for people and as JSON', async () => {
    await shop.sell('a-1')
    await shop.running.idle()
    const { items } = await json('saga', 'list', '--saga', 'settle')
    expect(items).toMatchObject([{ service: 'counters', saga: 'settle', id: 'a-1', status: 'completed' }])
    const listed = await shop.archipel('saga', 'list', '--status', 'completed')
    expect(listed.out).toMatch(/^SAGA +ID +VERSION +STATUS +STARTED +STEP/)
    expect(listed.out).toMatch(/counters\.settle +a-1 +1 +completed +\d{4}-\d\d-\d\dT[\d:.]+Z +charge/)
    const shown = await shop.archipel('saga', 'show', 'counters.settle', 'a-1')
    expect(shown.out).toMatch(/close +forward +counters\.close +done +settle\/a-1\/close\/run\/1 +-$/m)
    expect(shown.out).toMatch(/charge +forward +tills\.charge +done/)
    for (let more = 0; more < 101; more++) await shop.sell(`many-${more}`)
    await shop.running.idle()
    const many = await json('saga', 'list', '--limit', '102')
    expect(new Set(many.items.map(({ id }: { id: string }) => id)).size).toBe(102)
    expect((await json('saga', 'list', '--limit', '7')).items).toEqual(many.items.slice(0, 7))
    expect((await shop.archipel('saga', 'list', '--status', 'stuck')).out).toBe('There are no such sagas.\n')
  })

  test('asks a saga to turn back, recorded with who and why', async () => {
    shop.world.shut.add('a-2')
    await shop.sell('a-2')
    const unexplained = await shop.archipel('saga', 'cancel', 'counters.settle', 'a-2')
    expect(unexplained.code).toBe(65)
    expect(unexplained.errors).toContain("required option '--why <text>' not specified")
    const asked = await shop.archipel('saga', 'cancel', 'counters.settle', 'a-2', '--why', 'a wrong sale')
    expect(asked).toMatchObject({ code: 0 })
    shop.world.shut.delete('a-2')
    await eventually(
      async () => (await json('saga', 'show', 'counters.settle', 'a-2')).status === 'compensated',
    )
    const records = await shop.running.query(
      `select operation, who, why from archipel.operator_actions where input->>'id' = 'a-2'`,
    )
    expect(records).toEqual([{ operation: 'cancelSaga', who: 'olga', why: 'a wrong sale' }])
    const late = await shop.archipel('saga', 'retry', 'counters.settle', 'a-2', '--why', 'to see')
    expect(late.code).toBe(73)
    expect(late.errors).toMatch(/^ARC_ACTION_REFUSED: .*\n.*Look at the item again/)
  })

  test('says what is wrong with a name, an id and a status', async () => {
    expect((await shop.archipel('saga', 'show', 'settle', 'a-1')).errors).toContain('SERVICE.NAME')
    expect(await shop.archipel('saga', 'show', 'counters.settle', 'nobody')).toMatchObject({ code: 66 })
    const status = await shop.archipel('saga', 'list', '--status', 'sideways')
    expect(status).toMatchObject({ code: 65 })
    expect(status.errors).toMatch(/^ARC_INPUT_INVALID: status: /)
  })
})

describe('archipel dead-letters', () => {
  test('lists, shows, replays and discards', async () => {
    shop.world.poison.add('d-1').add('d-2')
    await Promise.all([shop.sell('d-1'), shop.sell('d-2')])
    await eventually(async () => (await json('dead-letters', 'list')).items.length === 4)
    const { items } = await json('dead-letters', 'list', '--service', 'ledger')
    const first = items.find((item: { key: string }) => item.key === 'd-1')
    expect(first).toMatchObject({ subscription: 'book', reason: 'failed', type: 'counters.sold.v1' })
    const shown = await shop.archipel('dead-letters', 'show', 'ledger.book', String(first.position))
    expect(shown.out).toMatch(/error +.*d-1 can't be booked/)

    const why = ['--why', 'mended']
    const all = await shop.archipel('dead-letters', 'discard', 'ledger.book', ...why)
    expect(all).toMatchObject({ code: 65 })
    expect(all.errors).toContain('--all')
    shop.world.poison.delete('d-1')
    const released = await shop.archipel('dead-letters', 'replay', 'ledger.book', '--key', 'd-1', ...why)
    expect(released.out).toContain('Keys released: 1')
    await eventually(async () => (await json('dead-letters', 'list')).items.length === 2)
    const gone = await shop.archipel('dead-letters', 'discard', 'ledger.book', '--key', 'd-2', ...why)
    expect(gone.out).toBe('Discarded 2 events.\n')
    expect((await shop.archipel('dead-letters', 'list')).out).toBe('There are no dead letters.\n')
    const nothing = await shop.archipel('dead-letters', 'replay', 'ledger.book', '--all', ...why)
    expect(nothing).toMatchObject({ code: 73 })
  })
})

describe('archipel outcomes', () => {
  /** An effect that is never repeated, and of which nobody knows whether it happened. */
  async function unknownOutcome(orderId: string): Promise<string> {
    shop.world.declined.add(orderId)
    await shop.mail(orderId)
    const { items } = await json('outcomes', 'list')
    expect(items).toMatchObject([{ service: 'tills', operation: 'mail', attempts: 1 }])
    return items[0].effectKey
  }
  const why = ['--why', 'asked the other side']

  test('are listed, and settled with what a person found out', async () => {
    expect((await shop.archipel('outcomes', 'list')).out).toBe('Every outcome is known.\n')
    const key = await unknownOutcome('u-1')
    expect((await shop.archipel('outcomes', 'list')).out).toMatch(/tills\.mail .* the line went dead +\S+\n$/)
    const wrong = await shop.archipel('outcomes', 'resolve', 'tills.mail', key, '{sent', ...why)
    expect(wrong).toMatchObject({ code: 65 })
    expect(await shop.archipel('outcomes', 'resolve', 'tills.mail', 'nokey', '{}', ...why)).toMatchObject({
      code: 66,
    })
    const resolved = await shop.archipel('outcomes', 'resolve', 'tills.mail', key, '{"sent":true}', ...why)
    expect(resolved.out).toBe('tills.mail goes on with this outcome.\n')
    await eventually(async () => (await json('outcomes', 'list')).items.length === 0)
  })

  test('are sent again at the risk of who says so', async () => {
    const key = await unknownOutcome('u-2')
    shop.world.declined.delete('u-2')
    const again = await shop.archipel('outcomes', 'send-again', 'tills.mail', key, ...why)
    expect(again.out).toBe('tills.mail goes on.\n')
    await eventually(async () => (await json('outcomes', 'list')).items.length === 0)
  })
})

test('archipel subscriptions lists them, and drops only those that nobody handles', async () => {
  expect((await shop.archipel('subscriptions', 'list')).out).toMatch(
    /ledger\.book +counters +yes .*counters\.sold\.v1/,
  )
  const refused = await shop.archipel('subscriptions', 'drop', 'ledger.book', '--why', 'a test')
  expect(refused).toMatchObject({ code: 73 })
  expect(await shop.archipel('subscriptions', 'drop', 'ledger.absent', '--why', 'a test')).toMatchObject({
    code: 66,
  })
})

test('archipel delivery shows the counters of every subscription, and fails when they drift', async () => {
  await shop.sell('c-1')
  await shop.running.idle()
  const { items } = await json('delivery')
  expect(items).toMatchObject([{ service: 'ledger', subscription: 'book', drift: 0, inFlight: 0, parked: 0 }])
  expect((await shop.archipel('delivery')).out).toMatch(/SUBSCRIPTION[^]*ledger\.book[^]*everywhere\.\n$/)
  await shop.running.query(
    `insert into archipel_bus.log select nextval('archipel_bus.positions'), drawn, publisher, type, key, event
     from archipel_bus.log where key = 'c-1' and type = 'counters.sold.v1'`,
  )
  const recounted = () => shop.archipel('delivery', '--recount')
  await eventually(async () => (await recounted()).code === 70)
  expect((await recounted()).out).toContain('1 subscriptions drift')
  await shop.running.query(`delete from archipel_bus.log where position <> drawn`)
  expect(await shop.archipel('delivery', '--recount')).toMatchObject({ code: 0 })
})

describe('an application that is not there', () => {
  test('is said so, with what to do, in text and as JSON', async () => {
    const missing = await archipel(['delivery', '--data', '/nowhere'])
    expect(missing).toMatchObject({ code: 69, out: '' })
    expect(missing.errors).toBe(
      'ARC_NOT_RUNNING: The data folder /nowhere does not exist.\n' +
        'Start it, or say where it is: `--data FOLDER` (or `ARCHIPEL_DATA`), else `--url` with `--token-file`.\n',
    )
    const asJson = await archipel(['delivery', '--data', '/nowhere', '--json'])
    expect(JSON.parse(asJson.errors)).toMatchObject({
      error: { code: 'ARC_NOT_RUNNING', kind: 'unavailable', effect: 'none' },
    })
  })

  test('is told apart from one that keeps its door shut, and from a wrong token', async () => {
    const token = `${shop.running.dataFolder}/operations-token`
    const elsewhere = await archipel(['delivery', '--url', 'http://127.0.0.1:1', '--token-file', token])
    expect(elsewhere).toMatchObject({ code: 69 })
    expect(elsewhere.errors).toContain('Nobody answers at http://127.0.0.1:1')
    const url = shop.running.operationsUrl
    expect(await archipel(['delivery', '--url', url, '--token-file', token])).toMatchObject({ code: 0 })
    const noToken = await archipel(['delivery', '--url', url, '--data', '/nowhere'])
    expect(noToken).toMatchObject({ code: 77 })
    expect(noToken.errors).toContain('There is no token file /nowhere/operations-token')
    const wrong = await archipel(['delivery', '--url', url, '--token-file', '/etc/hostname'])
    expect(wrong).toMatchObject({ code: 77 })
    expect(wrong.errors).toContain('The token in /etc/hostname does not open')
  })

  test('a wrong command is answered with the nearest right one', async () => {
    const typo = await archipel(['sagas', 'list'])
    expect(typo).toMatchObject({ code: 65 })
    expect(typo.errors).toContain('Did you mean saga?')
    expect((await archipel(['--help'])).out).toContain('Usage: archipel')
    expect((await archipel(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
