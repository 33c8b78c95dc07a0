import { expect, test } from 'vitest'
import type { Outcome } from './attack.ts'
import { ORDER_PATHS } from './paths.ts'
import { compensations } from './table.ts'

function died(point: string, victim: Outcome['attack']['victim']): Outcome[] {
  return ORDER_PATHS.slice(0, 1).map((path) => ({
    attack: { path, passing: { point, subject: '', nth: 1 }, victim, delayMs: 0, again: undefined },
    killed: true,
    killedAgain: false,
    recoveryMs: 0,
    wrong: [],
  }))
}

test('every step that can be undone is in the coverage, and counts the hosts that died in its undo', () => {
  const outcomes = [
    ...died('saga.recallShipment.undo-sent', 'host'),
    ...died('saga.recallShipment.undo-sent', 'PostgreSQL'),
    ...died('saga.recallShipment.sent', 'host'),
  ]
  const none = { 'undo-stored': 0, 'undo-sent': 0, 'undo-answered': 0 }
  expect(compensations(outcomes)).toEqual([
    { step: 'reserveStock', moments: none },
    { step: 'authorisePayment', moments: none },
    { step: 'recallShipment', moments: { ...none, 'undo-sent': 1 } },
  ])
})
