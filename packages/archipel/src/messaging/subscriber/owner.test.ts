import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { createVirtualTime } from '../../testing/virtual-time.ts'
import type { SubscriptionStore } from '../inbox/subscription-store.ts'
import { event, nothingLeft, subscription } from '../scene.fixture.ts'
import { resolveSettings } from '../settings.ts'
import type { Work } from './work.ts'
import { createOwner } from './owner.ts'

const uncalled = () => Promise.reject(new Error('nobody calls this here'))
const nothing = { text: 'select 1', values: [] }
const transaction = {
  query: uncalled,
  opened: async () => undefined,
  precede: () => undefined,
  lend: () => {
    throw new Error('no handler writes here')
  },
  commit: async () => [],
  rollback: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
}
const database = {
  service: 'stock',
  roles: { writer: 'stock', reader: 'stock_reader' },
  reader: { one: uncalled, maybeOne: uncalled, many: uncalled, run: uncalled, snapshot: uncalled },
  query: uncalled,
  begin: async () => transaction,
  constraintChecks: [],
}
const store: SubscriptionStore = {
  blocked: async () => [],
  nextReplay: async () => undefined,
  parkBehind: () => nothing,
  replayed: () => nothing,
  claim: uncalled,
  renew: uncalled,
  release: uncalled,
  failed: uncalled,
  park: uncalled,
  replayFailed: uncalled,
  fold: uncalled,
}

/** An owner in a time that the test keeps, and the positions of each page that it handled. */
async function scene() {
  const time = createVirtualTime()
  const pages: number[][] = []
  const work: Work = {
    definition: subscription('reserve', undefined, {
      handle: async ({ position }) => (pages.push([position]), nothingLeft),
      handlePage: async (events) => (pages.push(events.map(({ position }) => position)), nothingLeft),
    }),
    environment: { ...systemEnvironment(), ...time },
    telemetry: quietTelemetry(),
    database,
    log: { append: () => nothing, take: uncalled },
    inbox: { open: uncalled, handled: () => nothing },
    pages: {
      async take(_transaction, _subscription, _fence, { after, upTo, limit }) {
        const there = Math.min(limit, upTo - after)
        const positions = Array.from({ length: there }, (_, index) => after + 1 + index)
        const events = positions.map((position) => ({ ...event('k'), position, publisher: 'orders' }))
        return { events, doubtful: false }
      },
    },
    store,
    handlerTimeoutMs: 1_000,
    closing: new AbortController().signal,
    published: () => undefined,
  }
  const owner = await createOwner({
    work,
    ownership: { fence: 1, position: 0, unclean: 0 },
    settings: resolveSettings({ pageSize: 3, pageEveryMs: 20 }),
    log: quietTelemetry().log,
    onFailure: () => undefined,
    onHandled: () => undefined,
  })
  return { time, owner, pages }
}

test('the first event goes at once, those that follow closely go together a little later', async () => {
  const { time, owner, pages } = await scene()
  await owner.step(1)
  expect(pages).toEqual([[1]])
  await time.advance(5)
  expect(await owner.step(2)).toBe(false)
  expect(owner.dueInMs(2)).toBe(15)
  expect(owner.atRest(2)).toBe(false)
  await time.advance(15)
  await owner.step(3)
  expect(pages).toEqual([[1], [2, 3]])
  expect(owner.dueInMs(3)).toBe(Number.POSITIVE_INFINITY)
  expect(owner.dueInMs(4)).toBe(40)
  await time.advance(40)
  await owner.step(4)
  expect(pages).toEqual([[1], [2, 3], [4]])
})

test('a backlog is not slowed down: a full page is followed at once', async () => {
  const { owner, pages } = await scene()
  while (await owner.step(8));
  expect(pages).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8],
  ])
})
