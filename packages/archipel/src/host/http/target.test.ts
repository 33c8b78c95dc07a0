import { expect, test } from 'vitest'
import { parseQuery, parseTarget } from './target.ts'

test.each([
  ['/', '/', ''],
  ['/api/v1/products/a-1', '/api/v1/products/a-1', ''],
  ['/products/caf%C3%A9%20x', '/products/caf%C3%A9%20x', ''],
  ['/products?search=a%2Fb&limit=3', '/products', 'search=a%2Fb&limit=3'],
  ['/a.b/..c/.d', '/a.b/..c/.d', ''],
])('reads %s', (url, path, query) => expect(parseTarget(url)).toEqual({ path, query }))

test.each([
  '',
  '*',
  'http://other/admin',
  'admin',
  '//admin',
  '/a//b',
  '/./admin',
  '/x/../admin',
  '/x/..',
  '/admin%2fusers',
  '/admin%5cusers',
  '/admin\\users',
  '/%2e%2e/x',
  '/.%2e/x',
  '/%2e/x',
  '/admin;x=1/users',
  '/admin%3bx',
  '/%252e%252e',
  '/%2561',
  '/a%00',
  '/a%0d%0ab',
  '/%zz',
  '/%',
  '/%c0%af',
  '/%ff',
  '/a#b',
  '/a?b#c',
  '/caf\u00e9',
  '/a b',
  '/a\tb',
  '/a\0',
  '/<x>',
  '/%7f',
])('refuses %j', (url) => expect(parseTarget(url)).toBeUndefined())

test('a query keeps repeated names, and refuses what can not be read', () => {
  expect(parseQuery('a=1&b=x+y%20z&a=2&a=3&c')).toEqual(
    new Map<string, unknown>([
      ['a', ['1', '2', '3']],
      ['b', 'x y z'],
      ['c', ''],
    ]),
  )
  expect(parseQuery('')).toEqual(new Map())
  for (const bad of [
    '=1',
    '&',
    'a=%zz',
    '%ff=1',
    'a=%00',
    Array.from({ length: 300 }, () => 'a=1').join('&'),
  ]) {
    expect(parseQuery(bad)).toBeUndefined()
  }
})

test('long hostile targets take linear time', () => {
  const start = performance.now()
  for (const part of ['/a', '%41', '/.a', '..', '/%2a']) parseTarget(`/${part.repeat(30_000)}`)
  expect(performance.now() - start).toBeLessThan(500)
})
