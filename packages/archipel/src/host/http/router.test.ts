import { describe, expect, test } from 'vitest'
import { createRouter } from './router.ts'

const entry = (method: 'GET' | 'POST', template: string) => ({
  method,
  template,
  route: `${method} ${template}`,
})

describe('a router', () => {
  const router = createRouter([
    entry('GET', '/orders'),
    entry('POST', '/orders'),
    entry('GET', '/orders/{id}'),
  ])

  test('finds the route of a path, with its parameters decoded once', () => {
    expect(router.find('GET', '/orders')?.route).toBe('GET /orders')
    expect(router.find('POST', '/orders')?.route).toBe('POST /orders')
    expect(router.find('GET', '/orders/a%252Fb')).toEqual({
      route: 'GET /orders/{id}',
      parameters: { id: 'a%2Fb' },
    })
  })

  test('answers HEAD by the route of GET, and nothing where there is none', () => {
    expect(router.find('HEAD', '/orders/7')?.route).toBe('GET /orders/{id}')
    expect(router.find('DELETE', '/orders')).toBeUndefined()
    expect(router.find('TRACE', '/orders')).toBeUndefined()
    expect(router.find('GET', '/nothing')).toBeUndefined()
  })

  test('tells the methods of a path', () => {
    expect(router.allowed('/orders')).toEqual(['GET', 'HEAD', 'POST'])
    expect(router.allowed('/nothing')).toEqual([])
  })

  test('refuses two routes of one path, whatever their parameters are called', () => {
    expect(() => createRouter([entry('GET', '/orders/{id}'), entry('GET', '/orders/{order}')])).toThrow(
      'there already is a route for GET /orders/{order}',
    )
  })
})
