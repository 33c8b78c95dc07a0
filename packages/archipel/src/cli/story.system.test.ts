import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFaultPoints, eventually } from '../testing/index.ts'
import { openShop } from './shop.fixture.ts'

interface Entry {
  readonly at: string
  readonly kind: string
  readonly service: string
  readonly what: string
  readonly outcome: string
  readonly key?: string
  readonly by?: string
  readonly detail?: string
}

const faults = createFaultPoints()
let shop: Awaited<ReturnType<typeof openShop>>
beforeAll(async () => {
  shop = await openShop({ faults })
})
afterAll(() => shop[Symbol.asyncDispose]())

async function json(...argv: string[]) {
  const { code, out, errors } = await shop.archipel(...argv, '--json')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  return JSON.parse(out)
}
const storyOf = async (id: string): Promise<Entry[]> => (await json('order', id)).entries
const lineOf = ({ kind, service, what, outcome }: Entry) => `${kind} ${service} ${what} ${outcome}`

test('the story of an order has every call, event, step and effect, in the order of time', async () => {
  shop.world.lost.set('s-1', 1)
  await shop.sell('s-1')
  await shop.sell('other')
  await shop.running.idle()
  const entries = await storyOf('s-1')
  expect(entries.map(lineOf).toSorted()).toEqual([
    'call counters close answered',
    'call counters sell answered',
    'call tills charge answered',
    'effect tills charge answered',
    'event counters counters.closed.v1 handled',
    'event counters counters.sold.v1 handled',
    'event tills tills.charged.v1 published',
    'saga counters settle version 1 completed',
    'step counters charge → tills.charge done',
    'step counters close → counters.close done',
  ])
  const times = entries.map(({ at }) => Date.parse(at))
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  const order = entries.map(lineOf)
  const at = (line: string) => order.findIndex((each) => each.startsWith(line))
  expect(at('call counters sell')).toBe(0)
  expect(at('step counters close')).toBeLessThan(at('event counters counters.closed'))
  expect(at('event counters counters.closed')).toBeLessThan(at('step counters charge'))
  expect(at('effect tills charge')).toBeLessThan(at('event tills tills.charged'))

  expect(entries).toContainEqual(
    expect.objectContaining({
      kind: 'effect',
      key: expect.stringMatching(/^[\w-]{43}$/),
      detail: 'sent 2 times; failed before: the processor did not answer',
    }),
  )
  expect(entries).toContainEqual(
    expect.objectContaining({ kind: 'event', detail: 'ledger.book handled', key: 's-1' }),
  )
  expect(JSON.stringify(entries)).not.toContain('other')
})

test('a story in the middle tells what waits, what was parked, and who did what about it', async () => {
  shop.world.shut.add('s-2')
  shop.world.poison.add('s-2')
  await shop.sell('s-2')
  await eventually(async () =>
    (await storyOf('s-2')).some(({ detail = '' }) => /[2-9] tries, the next at/.test(detail)),
  )
  await eventually(async () => (await storyOf('s-2')).some(({ outcome }) => outcome === 'parked'))
  await shop.archipel('dead-letters', 'discard', 'ledger.book', '--key', 's-2', '--why', 'no books today')
  await shop.archipel('saga', 'cancel', 'counters.settle', 's-2', '--why', 'closed for good')
  await eventually(async () => (await storyOf('s-2')).some(({ outcome }) => outcome === 'compensated'))
  const entries = await storyOf('s-2')
  expect(entries.map(lineOf)).toEqual(
    expect.arrayContaining([
      'event counters counters.sold.v1 discarded',
      'undo counters close → counters.reopen done',
      'action operations cancelSaga recorded',
      'action operations discardDeadLetters recorded',
    ]),
  )
  expect(entries).toContainEqual(
    expect.objectContaining({ kind: 'action', by: 'olga', detail: 'closed for good' }),
  )
})

test('a refused step and an effect that is still at work are told as such', async () => {
  shop.world.declined.add('s-3')
  await shop.sell('s-3')
  await shop.running.idle()
  expect(await storyOf('s-3')).toContainEqual(
    expect.objectContaining({
      kind: 'step',
      what: 'charge → tills.charge',
      outcome: 'refused',
      detail: expect.stringMatching(/^CARD_DECLINED: /),
    }),
  )
  shop.world.lost.set('s-4', 1_000)
  await shop.sell('s-4')
  const working = {
    kind: 'effect',
    outcome: 'working',
    detail: expect.stringMatching(/^sent \d+ times; failed before/),
  }
  await eventually(async () => {
    const entries = await storyOf('s-4')
    return entries.some(({ kind, detail = '' }) => kind === 'effect' && detail.includes('failed before'))
  })
  expect(await storyOf('s-4')).toContainEqual(expect.objectContaining(working))
  shop.world.lost.delete('s-4')
})

test('for people it is a table; what nobody knows is not found', async () => {
  const { out } = await shop.archipel('order', 's-1')
  expect(out).toMatch(
    /^AT +KIND +SERVICE +WHAT +OUTCOME +DETAIL +BY +KEY\n\d{4}-.*call +counters +sell +answered/,
  )
  expect(out).toMatch(/10 moments of s-1, from one request\.\n$/)
  const nothing = await shop.archipel('order', 'nobody')
  expect(nothing).toMatchObject({ code: 66, out: '' })
  expect(nothing.errors).toContain("Nothing is kept about 'nobody'")
})

test('archipel events lists and shows, and never what is personal', async () => {
  await shop.sell('e-1', 'ada@example.com')
  await shop.running.idle()
  const { items } = await json('events', 'list', '--key', 'e-1')
  expect(items.map(({ type }: { type: string }) => type)).toEqual([
    'tills.charged.v1',
    'counters.closed.v1',
    'counters.sold.v1',
  ])
  const { correlationId, position } = items[2]
  const same = await json('events', 'list', '--correlation', correlationId, '--type', 'counters.sold.v1')
  expect(same.items).toHaveLength(1)
  expect((await json('events', 'list', '--publisher', 'tills', '--limit', '1')).items).toHaveLength(1)
  expect((await shop.archipel('events', 'list', '--key', 'nobody')).out).toBe('There are no such events.\n')

  const shown = await shop.archipel('events', 'show', String(position))
  expect(shown.out).toMatch(
    /type +counters\.sold\.v1\n[^]*\ndata\n {2}email +\[personal\]\n {2}orderId +e-1\n$/,
  )
  expect((await json('events', 'show', String(position))).data).toEqual({
    orderId: 'e-1',
    email: '[personal]',
  })
  expect(await shop.archipel('events', 'show', '987654321')).toMatchObject({ code: 66 })
  const all = await shop.archipel('events', 'list', '--json', '--limit', '1000')
  expect(JSON.parse(all.out).items.length).toBeGreaterThan(10)
  expect(all.out).not.toContain('ada@')
})
