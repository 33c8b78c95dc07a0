import { describe, expect, test } from 'vitest'
import type { EventLog, LoggedEvent, OutboundEvent, SubscriptionDefinition } from '../types.ts'

/** A transaction that has appended and not yet ended. */
export interface OpenAppend {
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** An engine as the suite drives it; services `orders` (publishes), `payments` (publishes) and `stock` (subscribes) exist. */
export interface EventLogUnderTest extends AsyncDisposable {
  logOf(service: string): EventLog
  /** Appends in a transaction that stays open. */
  append(service: string, events: readonly OutboundEvent[]): Promise<OpenAppend>
  subscribe(
    definition: Pick<SubscriptionDefinition, 'service' | 'name' | 'publisher' | 'types' | 'from'>,
  ): Promise<void>
  /** The mark of now, without waiting for open transactions. */
  mark(): Promise<number>
}

const placed = 'orders.orderPlaced.v1'
const subscription = {
  service: 'stock',
  name: 'reserve',
  publisher: 'orders',
  types: [placed],
  from: 'start',
} as const

function event(key: string, change: Partial<OutboundEvent> = {}): OutboundEvent {
  return {
    id: `0198-${key}`,
    type: placed,
    key,
    data: { key, amount: 12.5, nested: [{ text: 'ä "quoted" \\ \n' }, null, true] },
    time: '2026-01-01T00:00:00.000Z',
    correlationId: 'correlation',
    traceparent: undefined,
    causationId: undefined,
    ...change,
  }
}

/** What every engine behind {@link EventLog} has to keep. Run it against the real engine. */
export function describeEventLog(name: string, create: () => Promise<EventLogUnderTest>): void {
  describe(`event log: ${name}`, () => {
    async function publish(
      log: EventLogUnderTest,
      service: string,
      ...events: OutboundEvent[]
    ): Promise<void> {
      await (await log.append(service, events)).commit()
    }
    async function all(log: EventLogUnderTest): Promise<LoggedEvent[]> {
      return log.logOf('stock').take(subscription, 0, await log.mark(), 100)
    }

    test('gives an event back as it was written, with its position and the publisher that the engine saw', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      const written = event('a', {
        traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
        causationId: 'cause',
      })
      await publish(log, 'orders', written, event('b'))
      const [first, second] = await all(log)
      expect(first).toEqual({ ...written, publisher: 'orders', position: first?.position })
      expect(second).toEqual({ ...event('b'), publisher: 'orders', position: second?.position })
      expect(second?.position).toBeGreaterThan(first?.position ?? 0)
    })

    test('takes in order, after a position, up to a mark, at most so many', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      for (const key of ['a', 'b', 'c', 'd']) await publish(log, 'orders', event(key))
      const [a, b, c, d] = (await all(log)).map((taken) => taken.position)
      const take = async (after = 0, upTo = 0, limit = 100) =>
        (await log.logOf('stock').take(subscription, after, upTo, limit)).map((taken) => taken.key).join('')
      expect(await take(a, c)).toBe('bc')
      expect(await take(0, d, 2)).toBe('ab')
      expect(await take(b, d, 1)).toBe('c')
      expect(await take(d, d)).toBe('')
    })

    test('gives a subscription its own publisher and types only', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      await publish(log, 'payments', event('other publisher'))
      await publish(log, 'orders', event('other type', { type: 'orders.orderCancelled.v1' }), event('mine'))
      expect((await all(log)).map((taken) => taken.key)).toEqual(['mine'])
    })

    test('what was rolled back never appears and holds nobody up', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      const open = await log.append('orders', [event('gone')])
      await publish(log, 'orders', event('stays'))
      await open.rollback()
      expect((await all(log)).map((taken) => taken.key)).toEqual(['stays'])
    })

    test('no mark passes an open transaction: one that commits late is not skipped, also by who read before', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      const late = await log.append('orders', [event('late')])
      await publish(log, 'orders', event('early'))
      const before = await log.mark()
      expect(await log.logOf('stock').take(subscription, 0, before, 100)).toEqual([])
      await late.commit()
      expect(
        (await log.logOf('stock').take(subscription, before, await log.mark(), 100)).map(
          (taken) => taken.key,
        ),
      ).toEqual(['late', 'early'])
    })

    test('a mark stays true: what was taken up to it once is the same for ever', async () => {
      await using log = await create()
      await log.subscribe(subscription)
      await publish(log, 'orders', event('a'))
      const mark = await log.mark()
      const before = await log.logOf('stock').take(subscription, 0, mark, 100)
      await publish(log, 'orders', event('b'))
      expect(await log.logOf('stock').take(subscription, 0, mark, 100)).toEqual(before)
    })
  })
}
