import { expect, test } from 'vitest'
import { inventory, OrderToFulfil, fulfilOrder } from '../machine/example.fixture.ts'
import { sagaClients } from './clients.ts'
import { saga } from './saga.ts'

const options = { version: 1, input: OrderToFulfil, uses: { inventory } }
const clients = sagaClients({ inventory })
const reserve = () => clients.inventory.reserve({ orderId: 'a', quantity: 1 })

test('is data: names, order, pivot and undo of its steps', () => {
  expect(fulfilOrder.steps.map(({ name, pivot, undo }) => [name, pivot, undo !== undefined])).toEqual([
    ['reserveStock', false, true],
    ['authorise', false, true],
    ['capture', true, false],
    ['completeOrder', false, false],
  ])
  expect(fulfilOrder.closing?.name).toBe('undone')
})

test('its clients make calls of commands and send nothing', () => {
  expect(reserve()).toEqual({
    service: 'inventory',
    operation: 'reserve',
    contractVersion: '1.0.0',
    input: { orderId: 'a', quantity: 1 },
  })
  expect(Object.keys(clients.inventory)).toEqual(['reserve', 'release'])
})

test.each([0, -1, 1.5, Number.NaN])('refuses the version %d', (version) => {
  expect(() => saga('fulfil', { ...options, version })).toThrow('no positive integer')
})

test.each(['', 'Fulfil', 'with space', 'x'.repeat(41)])('refuses the name %j', (name) => {
  expect(() => saga(name, options)).toThrow('a name is')
})

test('refuses steps of one name, reserved names, a second pivot and an undo after it', () => {
  const one = saga('fulfil', options).step('reserve', reserve)
  // @ts-expect-error the name is taken
  expect(() => one.step('reserve', reserve)).toThrow('there already is a step')
  // @ts-expect-error a word of sagas
  expect(() => one.step('input', reserve)).toThrow('reserved')
  const pivot = one.pivot('capture', reserve)
  // @ts-expect-error a saga has one pivot
  expect(() => pivot.pivot('again', reserve)).toThrow('one pivot')
  // @ts-expect-error only forward from here
  expect(() => pivot.step('late', reserve, { undo: reserve })).toThrow('only forward')
})

test('adding a step leaves the former definition as it was', () => {
  const one = saga('fulfil', options).step('reserve', reserve)
  one.step('more', reserve)
  expect(one.steps).toHaveLength(1)
})
