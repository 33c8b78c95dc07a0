import { expect, test } from 'vitest'
import { statementsOf } from './script-statements.ts'

test('finds the statements of a script, each with its line', () => {
  const script = [
    '-- tables; first',
    'create table a (x text default \';\', "y;" int);;',
    '/* none; */',
    "insert into a values ('it''s; one', 1), (e'\\'; two', 2);",
    'create function f() returns int language plpgsql as $body$ begin; return 1; end $body$;',
    'create function g() returns int begin atomic select 1; select case when true then 2 end; end;',
    'create rule r as on delete to a do also (delete from b; delete from c);',
    'update a set x = $$;$$',
  ].join('\n')
  expect(statementsOf(script).map(({ text, line }) => `${line} ${text.slice(0, 17)}`)).toEqual([
    '2 create table a (x',
    '4 insert into a val',
    '5 create function f',
    '6 create function g',
    '7 create rule r as ',
    '8 update a set x = ',
  ])
  expect(statementsOf(' -- nothing\n;')).toEqual([])
})
