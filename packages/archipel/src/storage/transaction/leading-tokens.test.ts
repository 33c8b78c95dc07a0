import { expect, test } from 'vitest'
import { guardStatement } from './guard.ts'
import { leadingTokens } from './leading-tokens.ts'

test('sees past white space, comments and empty statements', () => {
  expect(leadingTokens(' \n;; -- COMMIT\r /* a /* nested */ ; */ commit and more', 2)).toEqual([
    'COMMIT',
    'AND',
  ])
  expect(leadingTokens('rollback/**/to"Mine"', 3)).toEqual(['ROLLBACK', 'TO', 'Mine'])
  expect(leadingTokens('/* never closed commit', 1)).toEqual([])
})

test.each([
  'begin',
  'BEGIN ISOLATION LEVEL SERIALIZABLE',
  'start transaction',
  'commit',
  '-- hello\ncommit',
  '/* /* */ */ ;commit and chain',
  'end',
  'abort',
  'rollback',
  'rollback work',
  'rollback prepared $1',
  'rollback to savepoint archipel_handler',
  'rollback transaction to "archipel_nested_1"',
  'savepoint ARCHIPEL_x',
  'release archipel_nested_1',
  "prepare transaction 'x'",
  'prepare p as select 1',
  'set role admin',
  'set session authorization x',
  'set search_path = other',
  'set transaction isolation level serializable',
  'reset all',
  'discard all',
  'deallocate all',
  'copy orders from stdin',
  'set local synchronous_commit = off',
  "select set_config('synchronous_commit', 'off', true)",
])('refuses %j', (text) => {
  expect(() => guardStatement(text)).toThrow(expect.objectContaining({ code: 'ARC_STATEMENT_REFUSED' }))
})

test.each([
  'select 1',
  '(select 1)',
  'with x as (select 1) select * from x',
  'insert into "commit" values (1)',
  'set local statement_timeout = 100',
  'set constraints all deferred',
  'savepoint sp1',
  'rollback to savepoint sp1',
  'rollback to "sp1"',
  'release sp1',
  "select 'begin; commit'",
  'lock table orders',
])('lets %j pass', (text) => {
  expect(() => guardStatement(text)).not.toThrow()
})
