import { expect, test } from 'vitest'
import { frameworkError } from '../errors/index.ts'
import type { ServiceDatabase, Transaction } from '../storage/index.ts'
import { createInboxStore } from './inbox/inbox-store.ts'
import { createScene, event, subscription, type Scene } from './scene.fixture.ts'
import type { InboxStore } from './types.ts'

// The ports take broken stores, so that tests and drills can prove that they would notice. The honest store stands the same.

const nothing = { handled: new Set<number>(), parkedKeys: new Set<string>() }

/** Handles whatever comes, and remembers only a position. */
function withoutInbox(): InboxStore {
  return {
    open: async () => nothing,
    handled: (name, _fence, _positions, position) => ({
      text: 'update archipel_subscriptions set position = greatest(position, $2) where name = $1',
      values: [name, position],
    }),
  }
}

/** Moves the position before the handlers' transaction commits. */
function acknowledgesFirst(database: ServiceDatabase): InboxStore {
  return {
    async open(_transaction, name, _fence, events) {
      const text = 'update archipel_subscriptions set position = greatest(position, $2) where name = $1'
      await database.query({ text, values: [name, events.at(-1)?.position] })
      return nothing
    },
    handled: () => ({ text: 'select 1', values: [] }),
  }
}

/** The first commit goes through and its answer is lost. */
async function rowsAfterLostAnswer(
  scene: Scene,
  createStore?: (database: ServiceDatabase) => InboxStore,
): Promise<number> {
  const stock = scene.database('stock')
  let lost = false
  const begin = async (): Promise<Transaction> => {
    const transaction = await stock.begin()
    return {
      ...transaction,
      async commit(last) {
        const rows = await transaction.commit(last)
        if (lost) return rows
        lost = true
        throw frameworkError('ARC_DATABASE_UNAVAILABLE', 'The answer to COMMIT did not arrive.', {
          effect: 'unknown',
        })
      },
    }
  }
  const messaging = scene.messaging([subscription('reserve')], {
    createInboxStore: createStore,
    databases: new Map([...scene.databases, ['stock', { ...stock, begin }]]),
  })
  await messaging.start()
  await scene.publish([event('a'), event('b')])
  await messaging.idle()
  return (await scene.seen('stock', 'reserve')).length
}

/** The host ends right before the commit; another one goes on. */
async function rowsAfterKill(
  scene: Scene,
  createStore?: (database: ServiceDatabase) => InboxStore,
): Promise<number> {
  const reached = Promise.withResolvers<void>()
  const faults = {
    armed: true,
    reach(point: string) {
      if (point !== 'messaging.before-commit') return undefined
      reached.resolve()
      return new Promise<void>(() => undefined)
    },
  }
  const killed = scene.messaging([subscription('reserve')], {
    createInboxStore: createStore,
    environment: { ...scene.environment, faults },
  })
  await killed.start()
  await scene.publish([event('a'), event('b')])
  await reached.promise
  await killed.close()
  const next = scene.messaging([subscription('reserve')], { createInboxStore: createStore })
  await next.start()
  await next.idle()
  return (await scene.seen('stock', 'reserve')).length
}

test('without an inbox a lost answer doubles; with it every event counts once', async () => {
  await using broken = await createScene()
  expect(await rowsAfterLostAnswer(broken, withoutInbox)).toBe(4)
  await using honest = await createScene()
  expect(await rowsAfterLostAnswer(honest, createInboxStore)).toBe(2)
  await using together = await createScene()
  expect(await rowsAfterLostAnswer(together)).toBe(2)
})

test('acknowledged before the commit, a kill loses; acknowledged in it, every event counts once', async () => {
  await using broken = await createScene()
  expect(await rowsAfterKill(broken, acknowledgesFirst)).toBe(0)
  await using honest = await createScene()
  expect(await rowsAfterKill(honest, createInboxStore)).toBe(2)
  await using together = await createScene()
  expect(await rowsAfterKill(together)).toBe(2)
})
