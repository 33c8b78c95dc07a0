import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameworkError } from '../errors/index.ts'
import type { ServiceDatabase, Transaction } from '../storage/index.ts'
import { createScene, event, pageSubscription, subscription, type Scene } from './scene.fixture.ts'
import type { LoggedEvent, Messaging } from './index.ts'

/** What is done to two subscriptions of the same events, one handled event by event, one in pages. */
type Deed =
  | { readonly deed: 'publish'; readonly keys: readonly string[]; readonly poison: number | undefined }
  | { readonly deed: 'lose the answer of a commit' | 'cut' | 'kill' }

const Deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        deed: fc.constant('publish' as const),
        keys: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 12 }),
        poison: fc.option(fc.nat(11), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ deed: fc.constant('lose the answer of a commit' as const) }) },
    { weight: 1, arbitrary: fc.record({ deed: fc.constant('cut' as const) }) },
    { weight: 1, arbitrary: fc.record({ deed: fc.constant('kill' as const) }) },
  ),
  { minLength: 5, maxLength: 25 },
)

/** A database of which the answers to the next commits get lost on their way. */
function losing(database: ServiceDatabase): { database: ServiceDatabase; lose(): void } {
  let toLose = 0
  const begin = async (): Promise<Transaction> => {
    const transaction = await database.begin()
    return {
      ...transaction,
      async commit(last) {
        const rows = await transaction.commit(last)
        if (toLose === 0) return rows
        toLose--
        throw frameworkError('ARC_DATABASE_UNAVAILABLE', 'The answer was lost.', { effect: 'unknown' })
      },
    }
  }
  return { database: { ...database, begin }, lose: () => void (toLose = 2) }
}

async function play(scene: Scene, deeds: readonly Deed[]): Promise<Messaging> {
  let poisonous = true
  let hosts = 0
  const { database, lose } = losing(scene.database('stock'))
  const refuse = (events: readonly LoggedEvent[]) => {
    if (poisonous && events.some(({ data }) => data['poison'] === true)) throw new Error('poison')
  }
  const retry = { attempts: 2, firstDelayMs: 1, longestDelayMs: 5 }
  async function host(): Promise<Messaging> {
    const messaging = scene.messaging(
      [
        subscription('events', (handled) => refuse([handled]), { retry }),
        pageSubscription('pages', refuse, { retry }),
      ],
      { instance: `host/${++hosts}`, databases: new Map([...scene.databases, ['stock', database]]) },
    )
    await messaging.start()
    return messaging
  }
  let messaging = await host()
  for (const deed of deeds) {
    switch (deed.deed) {
      case 'publish':
        await scene
          .publish(deed.keys.map((key, index) => event(key, index === deed.poison ? { poison: true } : {})))
          .catch(() => undefined)
        messaging.kick()
        break
      case 'lose the answer of a commit':
        lose()
        break
      case 'cut':
        await scene.admin.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename like '%stock'",
        )
        break
      case 'kill':
        await messaging.close()
        messaging = await host()
    }
  }
  await messaging.idle()
  poisonous = false
  for (const name of ['events', 'pages'])
    await messaging.operations
      .replay({ service: 'stock', subscription: name }, { who: 'anna', why: 'mended' })
      .catch(() => undefined)
  await messaging.idle()
  return messaging
}

test('handled in pages or event by event, the same rows are left: each event once, each key in order', async () => {
  await fc.assert(
    fc.asyncProperty(Deeds, async (deeds) => {
      await using scene = await createScene()
      const messaging = await play(scene, deeds)
      const logged = await scene.admin.query('select key, position from archipel_bus.log order by position')
      const wanted = Object.groupBy(
        logged.map((row) => ({ key: String(row['key']), position: Number(row['position']) })),
        ({ key }) => key,
      )
      for (const name of ['events', 'pages'])
        expect(Object.groupBy(await scene.seen('stock', name), ({ key }) => key)).toEqual(wanted)
      for (const counters of await messaging.operations.deliveryCounters())
        expect(counters).toMatchObject({ handled: logged.length, parked: 0, inFlight: 0, drift: 0 })
    }),
    { numRuns: 6 },
  )
})
