import { expect, test } from 'vitest'
import type { FrameworkStatement } from '../storage/index.ts'
import { quietTelemetry, type LogFields } from '../telemetry/index.ts'
import { createInboxStore } from './index.ts'
import { createScene, event, nothingLeft, pageSubscription, subscription } from './scene.fixture.ts'

const by = { who: 'anna', why: 'the handler was mended' }

test.each([
  { way: 'log and inbox asked together', ports: {} },
  { way: 'each asked by itself', ports: { createInboxStore } },
])(
  'a handler of pages gets what is there at once, in order, without what is known: $way',
  async ({ ports }) => {
    await using scene = await createScene()
    const pages: number[][] = []
    const messaging = scene.messaging(
      [pageSubscription('reserve', (events) => void pages.push(events.map(({ position }) => position)))],
      ports,
    )
    await messaging.start()
    await scene.publish(['a', 'b', 'a', 'c', 'd'].map((key) => event(key)))
    // As after an answer that was lost, or a replay: one is handled, one parked behind its key, one given up.
    await scene.admin.query("insert into stock.archipel_inbox values ('reserve', 2)")
    await scene.admin.query(
      "insert into stock.archipel_parked_keys (subscription, key) values ('reserve', 'c')",
    )
    await scene.admin.query(
      "insert into stock.archipel_discarded (subscription, position, key, event, who, why) values ('reserve', 5, 'd', '{}', '', '')",
    )
    await messaging.idle()
    expect(pages).toEqual([[1, 3]])
    expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'a'])
    expect((await messaging.operations.deadLetters({})).items).toMatchObject([{ key: 'c', reason: 'behind' }])
  },
)

test('a page that fails leaves nothing and comes again event by event: only the poisonous one is parked', async () => {
  await using scene = await createScene()
  let poisonous = true
  const pages: number[][] = []
  const messaging = scene.messaging([
    pageSubscription('reserve', (events) => {
      pages.push(events.map(({ position }) => position))
      if (poisonous && events.some(({ data }) => data['poison'] === true)) throw new Error('no such product')
    }),
  ])
  await messaging.start()
  await scene.publish([event('a'), event('bad', { poison: true }), event('a'), event('bad'), event('b')])
  await messaging.idle()

  expect(pages.slice(0, 5)).toEqual([[1, 2, 3, 4, 5], [1], [2], [3], [5]])
  expect((await scene.seen('stock', 'reserve')).map((row) => row.position)).toEqual([1, 3, 5])
  expect(
    (await messaging.operations.deadLetters({})).items.map(({ reason, attempts }) => [reason, attempts]),
  ).toEqual([
    ['failed', 3],
    ['behind', 0],
  ])
  poisonous = false
  await messaging.operations.replay({ service: 'stock', subscription: 'reserve' }, by)
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.position)).toEqual([1, 3, 5, 2, 4])
  expect(await messaging.operations.deliveryCounters()).toMatchObject([
    { written: 5, handled: 5, parked: 0, drift: 0 },
  ])
})

test('a page that fails only as such is told of in the log, without what its events say of persons', async () => {
  await using scene = await createScene()
  const lines: [string, LogFields][] = []
  const quiet = quietTelemetry()
  const log = {
    ...quiet.log,
    warn: (message: string, fields: LogFields = {}) => void lines.push([message, fields]),
  }
  const messaging = scene.messaging(
    [
      pageSubscription(
        'reserve',
        (events) => {
          if (events.length > 1) throw new Error(`too many for ${JSON.stringify(events[0]?.data['email'])}`)
        },
        { personal: new Map([['orders.orderPlaced.v1', ['email']]]) },
      ),
    ],
    { telemetry: { ...quiet, log } },
  )
  await messaging.start()
  await scene.publish([event('a', { email: 'ann@example.org' }), event('b'), event('c')])
  await messaging.idle()
  expect(await scene.seen('stock', 'reserve')).toHaveLength(3)
  expect(lines).toMatchObject([
    [
      'a page of events could not be handled; each of them is handled alone',
      { service: 'stock', subscription: 'reserve', events: 3, error: { message: 'too many for "[hidden]"' } },
    ],
  ])
})

test('a page that never ends is given up, and each of its events gets its time', async () => {
  await using scene = await createScene()
  const messaging = scene.messaging(
    [pageSubscription('reserve', (events) => (events.length > 1 ? new Promise(() => undefined) : undefined))],
    { settings: { handlerTimeoutMs: 60 } },
  )
  await messaging.start()
  await scene.publish([event('a'), event('b')])
  await messaging.idle()
  expect((await scene.seen('stock', 'reserve')).map((row) => row.key)).toEqual(['a', 'b'])
})

test('what a page publishes is published with it, and not with the attempt that failed', async () => {
  await using scene = await createScene()
  let attempts = 0
  const news = (keys: readonly string[], way: string) => ({
    ...nothingLeft,
    events: keys.map((key) => event(`${key} ${way}`, {}, 'stock.reserved.v1')),
  })
  const messaging = scene.messaging([
    subscription('reserve', undefined, {
      handle: async ({ key }) => news([key], 'alone'),
      async handlePage(events) {
        const all = news(
          events.map(({ key }) => key),
          'together',
        )
        // What was about to be published is gone with the rest.
        if (++attempts === 1) throw new Error('the first time')
        return all
      },
    }),
    subscription('tell', undefined, { service: 'mail', publisher: 'stock', types: ['stock.reserved.v1'] }),
  ])
  await messaging.start()
  for (const [first, second] of [
    ['a', 'b'],
    ['c', 'd'],
  ] as const) {
    await scene.publish([event(first), event(second)])
    await messaging.idle()
  }
  expect((await scene.seen('mail', 'tell')).map((row) => row.key)).toEqual([
    'a alone',
    'b alone',
    'c together',
    'd together',
  ])
})

test('a page begins and ends in one round trip each, in one transaction', async () => {
  await using scene = await createScene()
  const stock = scene.database('stock')
  const asked: string[] = []
  const begin = async () => {
    const transaction = await stock.begin()
    return {
      ...transaction,
      query: (statement: FrameworkStatement) => (
        asked.push(statement.name ?? 'handler'),
        transaction.query(statement)
      ),
      commit: (last: readonly FrameworkStatement[]) => (asked.push('commit'), transaction.commit(last)),
    }
  }
  const query = (statement: FrameworkStatement) => (asked.push(statement.name ?? ''), stock.query(statement))
  const messaging = scene.messaging([pageSubscription('reserve')], {
    databases: new Map([...scene.databases, ['stock', { ...stock, begin, query }]]),
  })
  await messaging.start()
  await messaging.idle()
  asked.length = 0
  await scene.publish(['a', 'b', 'c'].map((key) => event(key)))
  await messaging.idle()
  expect(asked).toEqual(['archipel_page', 'handler', 'commit'])
})
