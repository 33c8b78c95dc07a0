import { describe, expect, test } from 'vitest'
import type { FrameworkStatement } from '../../storage/index.ts'
import { begin } from '../machine/begin.ts'
import { fulfilOrder } from '../machine/example.fixture.ts'
import type { SagaInstance, SagaStore } from '../types.ts'

/** A store under test, whose leases last 300 ms. */
export interface SagaStoreUnderTest extends AsyncDisposable {
  readonly store: SagaStore
  /** Runs statements in one transaction. */
  commit(statements: readonly FrameworkStatement[]): Promise<void>
  pass(milliseconds: number): Promise<void>
}

const VERSIONS = [{ saga: 'fulfilOrder', version: 1 }]
const KEEP = { release: false, onCancelRequest: 'keep' } as const
const LATER = 4_102_444_800_000

/** What every store of sagas must do. */
export function describeSagaStore(name: string, open: () => Promise<SagaStoreUnderTest>): void {
  const newSaga = (id = 'order-1'): SagaInstance => {
    const origin = {
      principal: { id: 'ann', roles: ['customer'], scopes: [] },
      correlationId: 'c',
      traceparent: undefined,
    }
    return begin(
      fulfilOrder,
      { ...origin, service: 'orders', id, input: { orderId: id, quantity: 1 } },
      1_000,
    )
  }

  describe(`${name}, as a store of sagas`, () => {
    test('gives back what was started, and starting one id twice is one saga', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      await under.commit([under.store.start({ ...saga, input: 'other' }, 'b')])
      expect(await under.store.find(saga)).toEqual(saga)
      expect(await under.store.save(saga, 'b', KEEP)).toBe('lost')
      expect(await under.store.save(saga, 'a', KEEP)).toBe('saved')
    })

    test('keeps strings that only JSON can carry', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      const odd = { ...saga, reason: { text: 'nul \u0000, lone \ud800, quote " and \\ {}' } }
      await under.store.save(odd, 'a', KEEP)
      expect((await under.store.find(saga))?.reason).toEqual(odd.reason)
    })

    test('a saga has one owner: others get it when the lease ends, and the old one is refused by its fence', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      expect(await under.store.claimDue('b', VERSIONS, LATER, 10)).toEqual([])
      await under.pass(400)
      const [claimed] = await under.store.claimDue('b', VERSIONS, LATER, 10)
      expect(claimed?.fence).toBe(saga.fence + 1)
      expect(await under.store.save(saga, 'a', KEEP)).toBe('lost')
      expect(await under.store.renew('a', [saga])).toEqual(
        [{ saga: 'fulfilOrder', id: 'order-1' }].map((lost) => expect.objectContaining(lost)),
      )
      expect(claimed && (await under.store.save({ ...claimed, tries: 3 }, 'b', KEEP))).toBe('saved')
      expect(await under.store.find(saga)).toMatchObject({ tries: 3, fence: saga.fence + 1 })
    })

    test('renewing keeps it', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      for (let round = 0; round < 4; round++) {
        await under.pass(150)
        expect(await under.store.renew('a', [saga])).toEqual([])
      }
      expect(await under.store.claimDue('b', VERSIONS, LATER, 10)).toEqual([])
    })

    test('gives out only what is due, of the versions asked for, each once', async () => {
      await using under = await open()
      const sagas = [
        newSaga('1'),
        newSaga('2'),
        { ...newSaga('3'), dueAt: 9_000 },
        { ...newSaga('4'), version: 2 },
      ]
      await under.commit(sagas.map((saga) => under.store.start(saga, undefined)))
      const [a, b] = await Promise.all([
        under.store.claimDue('a', VERSIONS, 5_000, 10),
        under.store.claimDue('b', VERSIONS, 5_000, 10),
      ])
      expect([...a, ...b].map(({ id }) => id).toSorted()).toEqual(['1', '2'])
      expect((await under.store.claimDue('a', VERSIONS, 9_000, 10)).map(({ id }) => id)).toEqual(['3'])
    })

    test('gives out what a clock put off that was set back since, free or of a silent owner', async () => {
      await using under = await open()
      const [free, silent, soon] = ['1', '2', '3'].map((id) => ({ ...newSaga(id), dueAt: 3_600_000 }))
      if (!free || !silent || !soon) throw new Error('three sagas were made')
      await under.commit([
        under.store.start(free, undefined),
        under.store.start(silent, 'gone'),
        under.store.start({ ...soon, dueAt: 6_000 }, undefined),
      ])
      await under.pass(400)
      expect(await under.store.claimDue('a', VERSIONS, 5_000, 10, 3_600_000)).toEqual([])
      const claimed = await under.store.claimDue('a', VERSIONS, 5_000, 10, 10_000)
      expect(claimed.map(({ id }) => id).toSorted()).toEqual(['1', '2'])
    })

    test('one that was released is free at once; one that ended or is stuck is not given out', async () => {
      await using under = await open()
      for (const [id, status] of [
        ['1', 'running'],
        ['2', 'completed'],
        ['3', 'stuck'],
      ] as const) {
        const saga = newSaga(id)
        await under.commit([under.store.start(saga, 'a')])
        await under.store.save({ ...saga, status }, 'a', { ...KEEP, release: true })
      }
      expect((await under.store.claimDue('b', VERSIONS, LATER, 10)).map(({ id }) => id)).toEqual(['1'])
      expect(await under.store.claim('b', { saga: 'fulfilOrder', id: '2' })).toBeUndefined()
      expect(await under.store.claim('b', { saga: 'fulfilOrder', id: '3' })).toMatchObject({
        status: 'stuck',
      })
    })

    test('a request to cancel stops the write that starts a step, and is answered by the one that turns back', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      await under.commit([under.store.requestCancel('fulfilOrder', 'order-1', { why: 'changed my mind' })])
      expect(await under.store.cancelRequests('a')).toEqual([{ saga: 'fulfilOrder', id: 'order-1' }])
      expect(
        await under.store.save({ ...saga, tries: 5 }, 'a', { release: false, onCancelRequest: 'refuse' }),
      ).toBe('cancel-requested')
      expect(await under.store.find(saga)).toMatchObject({ tries: 0, cancel: 'open' })
      expect(
        await under.store.save({ ...saga, tries: 6 }, 'a', { release: false, onCancelRequest: 'taken' }),
      ).toBe('saved')
      expect(await under.store.find(saga)).toMatchObject({ tries: 6, cancel: 'taken' })
      expect(await under.store.cancelRequests('a')).toEqual([])
    })

    test('an ended saga answers a request to cancel by itself: too late', async () => {
      await using under = await open()
      const saga = newSaga()
      await under.commit([under.store.start(saga, 'a')])
      await under.store.save({ ...saga, status: 'completed' }, 'a', {
        release: true,
        onCancelRequest: 'too-late',
      })
      await under.commit([under.store.requestCancel('fulfilOrder', 'order-1', undefined)])
      expect(await under.store.find(saga)).toMatchObject({ cancel: 'too-late' })
    })

    test('many writes at once each get their own answer', async () => {
      await using under = await open()
      const sagas = Array.from({ length: 50 }, (_, index) => newSaga(`order-${index}`))
      await under.commit(sagas.map((saga) => under.store.start(saga, 'a')))
      const outcomes = await Promise.all(
        sagas.map((saga, index) =>
          under.store.save({ ...saga, fence: index % 2 ? saga.fence : 99 }, 'a', KEEP),
        ),
      )
      expect(outcomes).toEqual(sagas.map((_, index) => (index % 2 ? 'saved' : 'lost')))
    })

    test('lists and counts what has not ended', async () => {
      await using under = await open()
      await under.commit(['1', '2', '3'].map((id) => under.store.start(newSaga(id), 'a')))
      await under.store.save({ ...newSaga('1'), status: 'stuck', tries: 12 }, 'a', { ...KEEP, release: true })
      await under.store.save({ ...newSaga('2'), status: 'compensated' }, 'a', { ...KEEP, release: true })
      expect((await under.store.list({ status: 'stuck' })).map(({ id }) => id)).toEqual(['1'])
      expect((await under.store.list({ tries: 10 })).map(({ id }) => id)).toEqual(['1'])
      const all = await under.store.list({})
      expect(all.map(({ id }) => id)).toEqual(['3', '2', '1'])
      expect(await under.store.list({ limit: 1, after: all[0] })).toEqual([all[1]])
      expect(await under.store.list({ after: all[2] })).toEqual([])
      const { counts } = await under.store.census()
      expect(counts.map(({ status, count }) => `${status} ${count}`).toSorted()).toEqual([
        'running 1',
        'stuck 1',
      ])
    })
  })
}
