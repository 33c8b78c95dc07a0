import { describe, expect, test } from 'vitest'
import type { ForwardAttempt } from '../../call/index.ts'
import { systemClock } from '../../environment/index.ts'
import { isKeyKnown } from '../connection/errors.ts'
import type { ServiceDatabase } from '../types.ts'
import type { CommandRecord, CommandScope, IdempotencyStore } from './idempotency-store.ts'

export interface IdempotencyStoreScene extends AsyncDisposable {
  readonly database: Pick<ServiceDatabase, 'begin'>
  readonly store: IdempotencyStore
}

const hash = Buffer.from('the hash of the input')
const otherHash = Buffer.from('the hash of another input')
const scope: CommandScope = { operation: 'placeOrder', principal: 'ada', key: 'k1' }
const undo: CommandScope = { operation: 'release', principal: 'ada', key: 'saga/reserve/undo/1' }
const refusal = { code: 'OUT_OF_STOCK', kind: 'refused', message: 'None left', details: { available: 0 } }

function recordOf(of: CommandScope): CommandRecord {
  return { scope: of, inputHash: hash, correlationId: 'c-1' }
}

function attempt(number: number, firstSentAt: number): ForwardAttempt {
  return { operation: 'reserve', principal: 'ada', key: `saga/reserve/run/${number}`, firstSentAt }
}

/** What every {@link IdempotencyStore} must do; `open` makes an empty one. */
export function describeIdempotencyStore(name: string, open: () => Promise<IdempotencyStoreScene>): void {
  async function record(
    scene: IdempotencyStoreScene,
    of: CommandScope,
    as: 'answered' | 'refused' | 'working',
  ): Promise<void> {
    await using transaction = await scene.database.begin()
    await scene.store.claim(transaction, of, hash, undefined)
    const statement = {
      answered: () => scene.store.answered(recordOf(of), { id: 7 }),
      refused: () => scene.store.refused(recordOf(of), refusal),
      working: () => scene.store.working(recordOf(of)),
    }[as]()
    await transaction.commit([statement])
  }

  async function claim(
    scene: IdempotencyStoreScene,
    of: CommandScope,
    undoes?: ForwardAttempt[],
    with_ = hash,
  ) {
    await using transaction = await scene.database.begin()
    const outcome = await scene.store.claim(transaction, of, with_, undoes)
    await transaction.commit([])
    return outcome
  }

  describe(`${name}: records of commands`, () => {
    test('gives the stored answer to a repeat, also to one that only looks', async () => {
      await using scene = await open()
      expect(await scene.store.look(scope, hash)).toEqual({ is: 'new' })
      await record(scene, scope, 'answered')
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: { id: 7 } })
      expect(await scene.store.look(scope, hash)).toEqual({ is: 'answered', answer: { id: 7 } })
    })

    test('gives a stored refusal with its details', async () => {
      await using scene = await open()
      await record(scene, scope, 'refused')
      expect(await claim(scene, scope)).toEqual({ is: 'refused', refusal })
    })

    test('tells another input under the same key, and keeps scopes apart', async () => {
      await using scene = await open()
      await record(scene, scope, 'answered')
      expect(await claim(scene, scope, undefined, otherHash)).toEqual({ is: 'reused' })
      expect(await scene.store.look(scope, otherHash)).toEqual({ is: 'reused' })
      expect(await claim(scene, { ...scope, principal: 'bob' })).toEqual({ is: 'new' })
      expect(await claim(scene, { ...scope, operation: 'cancelOrder' })).toEqual({ is: 'new' })
    })

    test('refuses at once, without waiting, while another transaction has the key', async () => {
      await using scene = await open()
      await using first = await scene.database.begin()
      expect(await scene.store.claim(first, scope, hash, undefined)).toEqual({ is: 'new' })
      expect(await claim(scene, scope)).toEqual({ is: 'in-progress' })
      await first.commit([scene.store.answered(recordOf(scope), 'done')])
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: 'done' })
    })

    test('takes a new key along with the first statement; for any other key that statement is not run', async () => {
      await using scene = await open()
      for (const as of ['answered', 'refused', 'working'] as const) {
        const known = { ...scope, key: as }
        await record(scene, known, as)
        await using transaction = await scene.database.begin({ statements: scene.store.takeNew(known) })
        const first = scene.store.answered(recordOf({ ...scope, key: 'never' }), 'never')
        expect(isKeyKnown(await transaction.query(first).catch((error: unknown) => error))).toBe(true)
        expect(isKeyKnown(await transaction.opened())).toBe(true)
      }
      expect(await claim(scene, { ...scope, key: 'never' })).toEqual({ is: 'new' })
      await using transaction = await scene.database.begin({ statements: scene.store.takeNew(scope) })
      await transaction.commit([scene.store.answered(recordOf(scope), 'done')])
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: 'done' })
    })

    test('a key that is taken as a new one is at work, and the other way round; a rollback frees it', async () => {
      await using scene = await open()
      await using first = await scene.database.begin({ statements: scene.store.takeNew(scope) })
      expect(await first.opened()).toBeUndefined()
      expect(await claim(scene, scope)).toEqual({ is: 'in-progress' })
      await first.rollback()
      await using second = await scene.database.begin()
      expect(await scene.store.claim(second, scope, hash, undefined)).toEqual({ is: 'new' })
      await using third = await scene.database.begin({ statements: scene.store.takeNew(scope) })
      expect(isKeyKnown(await third.opened())).toBe(true)
    })

    test('forgets a key whose transaction was rolled back', async () => {
      await using scene = await open()
      {
        await using transaction = await scene.database.begin()
        await scene.store.claim(transaction, scope, hash, undefined)
        await transaction.query(scene.store.answered(recordOf(scope), 'never'))
      }
      expect(await claim(scene, scope)).toEqual({ is: 'new' })
    })

    test('never takes a second answer for one key', async () => {
      await using scene = await open()
      await record(scene, scope, 'answered')
      await using transaction = await scene.database.begin()
      await expect(
        transaction.commit([scene.store.answered(recordOf(scope), 'again')]),
      ).rejects.toMatchObject({
        code: '23505',
      })
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: { id: 7 } })
    })

    test('is in progress beyond the transaction of an intent, until it is settled', async () => {
      await using scene = await open()
      await record(scene, scope, 'working')
      expect(await claim(scene, scope)).toEqual({ is: 'in-progress' })
      expect(await scene.store.look(scope, hash)).toEqual({ is: 'new' })
      await using transaction = await scene.database.begin()
      await transaction.commit([
        scene.store.settled([{ ...recordOf(scope), outcome: { answer: 'settled' } }]),
      ])
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: 'settled' })
    })

    test('begins to work on each key once, whatever its record says', async () => {
      await using scene = await open()
      const begin = async (keys: readonly string[], end: 'commit' | 'rollback' = 'commit') => {
        await using transaction = await scene.database.begin()
        const begun = await scene.store.beginWorking(
          transaction,
          keys.map((key) => recordOf({ ...scope, key })),
        )
        if (end === 'commit') await transaction.commit([])
        return begun.map((of) => of.scope.key)
      }
      await record(scene, scope, 'answered')
      expect(await begin(['k3', 'k1', 'k2', 'k3'], 'rollback')).toEqual(['k2', 'k3'])
      expect(await begin(['k3', 'k1', 'k2', 'k3'])).toEqual(['k2', 'k3'])
      expect(await begin(['k3', 'k4'])).toEqual(['k4'])
      expect(await claim(scene, { ...scope, key: 'k3' })).toEqual({ is: 'in-progress' })
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: { id: 7 } })
    })

    test('settles many keys at work in one statement: all of them or none', async () => {
      await using scene = await open()
      const scopes = ['k1', 'k2', 'k3'].map((key) => ({ ...scope, key }))
      for (const of of scopes.slice(0, 2)) await record(scene, of, 'working')
      const settle = async (keys: readonly CommandScope[]) => {
        await using transaction = await scene.database.begin()
        const records = keys.map((of, index) => ({
          ...recordOf(of),
          outcome: index === 0 ? { answer: { text: 'a "quoted" {text}, \\ and null' } } : { refusal },
        }))
        await transaction.commit([scene.store.settled(records)])
      }
      await expect(settle(scopes)).rejects.toMatchObject({ code: '23505' })
      expect(await claim(scene, { ...scope, key: 'k1' })).toEqual({ is: 'in-progress' })
      await settle(scopes.slice(0, 2))
      expect(await claim(scene, { ...scope, key: 'k1' })).toEqual({
        is: 'answered',
        answer: { text: 'a "quoted" {text}, \\ and null' },
      })
      expect(await claim(scene, { ...scope, key: 'k2' })).toEqual({ is: 'refused', refusal })
      await expect(settle(scopes.slice(0, 1))).rejects.toMatchObject({ code: '23505' })
    })

    test('keeps an answer of null apart from no answer', async () => {
      await using scene = await open()
      await using transaction = await scene.database.begin()
      await transaction.commit([scene.store.answered(recordOf(scope), null)])
      expect(await claim(scene, scope)).toEqual({ is: 'answered', answer: null })
    })
  })

  describe(`${name}: undo`, () => {
    test('withdraws forward keys without a record: they are refused when they arrive later', async () => {
      await using scene = await open()
      const forward = [attempt(1, systemClock.now()), attempt(2, systemClock.now())]
      expect(await claim(scene, undo, forward)).toEqual({ is: 'nothing-to-undo' })
      for (const late of forward) expect(await claim(scene, late)).toEqual({ is: 'withdrawn' })
    })

    test('runs when a forward attempt was answered, and not when all were refused', async () => {
      await using scene = await open()
      await record(scene, attempt(1, systemClock.now()), 'refused')
      expect(await claim(scene, undo, [attempt(1, systemClock.now())])).toEqual({ is: 'nothing-to-undo' })
      await record(scene, attempt(2, systemClock.now()), 'answered')
      expect(
        await claim(scene, undo, [attempt(1, systemClock.now()), attempt(2, systemClock.now())]),
      ).toEqual({ is: 'new' })
    })

    test('comes again later while a forward attempt holds its key or works on', async () => {
      await using scene = await open()
      await record(scene, attempt(1, systemClock.now()), 'working')
      expect(await claim(scene, undo, [attempt(1, systemClock.now())])).toEqual({ is: 'in-progress' })
      await using held = await scene.database.begin()
      await scene.store.claim(held, attempt(2, systemClock.now()), hash, undefined)
      expect(await claim(scene, undo, [attempt(2, systemClock.now())])).toEqual({ is: 'in-progress' })
      await held.commit([scene.store.answered(recordOf(attempt(2, systemClock.now())), 'done')])
      expect(await claim(scene, undo, [attempt(2, systemClock.now())])).toEqual({ is: 'new' })
    })

    test('takes absence for no proof when the forward was first sent longer ago than records are kept', async () => {
      await using scene = await open()
      const old = systemClock.now() - 31 * 24 * 3600 * 1000
      expect(await claim(scene, undo, [attempt(1, old)])).toEqual({ is: 'new' })
    })

    test('gives the stored answer of an undo that ran', async () => {
      await using scene = await open()
      await record(scene, undo, 'answered')
      expect(await claim(scene, undo, [attempt(1, systemClock.now())])).toEqual({
        is: 'answered',
        answer: { id: 7 },
      })
    })
  })
}
