import { expect, test } from 'vitest'
import { createDice } from '../random.ts'
import type { Attack } from './attack.ts'
import { ORDER_PATHS } from './paths.ts'
import { drawFrom, withoutSameNews } from './plan.ts'

const [path] = ORDER_PATHS
const at = (point: string): Attack[] =>
  path
    ? [
        {
          path,
          passing: { point, subject: '', nth: 1 },
          victim: 'host' as const,
          delayMs: 0,
          again: undefined,
        },
      ]
    : []
const plan: Attack[] = [
  ...Array.from({ length: 50 }, (_, number) => at(`messaging.moment-${number}`)).flat(),
  ...at('saga.reserveStock.sent'),
  ...at('saga.reserveStock.undo-sent'),
  ...at('command.claimed'),
]
const points = (attacks: readonly Attack[]) => attacks.map(({ passing: { point } }) => point)

test('a small sample has moments of each kind, however rare', () => {
  const drawn = points(drawFrom(plan, 6, createDice(1)))
  expect(drawn).toHaveLength(6)
  expect(drawn).toEqual(
    expect.arrayContaining(['saga.reserveStock.sent', 'saga.reserveStock.undo-sent', 'command.claimed']),
  )
})

test('the same seed draws the same sample, and another one another', () => {
  expect(drawFrom(plan, 10, createDice(7))).toEqual(drawFrom(plan, 10, createDice(7)))
  expect(drawFrom(plan, 10, createDice(7))).not.toEqual(drawFrom(plan, 10, createDice(8)))
})

test('as many as there are is all of them, each once', () => {
  expect(points(drawFrom(plan, 1_000, createDice(3))).toSorted()).toEqual(points(plan).toSorted())
})

test('news of one kind are attacked on a few paths, everything else on each', () => {
  const moments = ORDER_PATHS.flatMap((way) =>
    [1, 2].flatMap((nth) => [
      { path: way, passing: { point: 'messaging.page-due', subject: 'reports.book-orders', nth } },
      { path: way, passing: { point: 'command.claimed', subject: 'orders.placeOrder', nth } },
    ]),
  )
  const kept = withoutSameNews(moments, createDice(1))
  const of = (point: string) => kept.filter(({ passing }) => passing.point === point)
  expect(of('command.claimed')).toHaveLength(ORDER_PATHS.length * 2)
  expect(of('messaging.page-due')).toHaveLength(3)
  expect(of('messaging.page-due')).not.toEqual(
    withoutSameNews(moments, createDice(2)).filter(({ passing }) => passing.point === 'messaging.page-due'),
  )
})
