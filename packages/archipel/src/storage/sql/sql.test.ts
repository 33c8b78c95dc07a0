import { expect, test } from 'vitest'
import { encodeParameter } from './parameters.ts'
import { sql } from './sql.ts'
import { valueParsers } from './values.ts'

const read = (type: number, text: string) => valueParsers.getTypeParser(type)(text)

test('inserted values travel as parameters', () => {
  expect(sql`select * from t where a = ${1} and b = ${"'; drop table t"}`).toMatchObject({
    text: 'select * from t where a = $1 and b = $2',
    values: [1, "'; drop table t"],
  })
})

test('fragments become part of the statement, their parameters renumbered', () => {
  const inner = sql`b = ${2} or ${sql`c = ${3}`}`
  const whole = sql`select ${1} where ${inner} and d = ${4} ${sql``}`
  expect(whole).toMatchObject({ text: 'select $1 where b = $2 or c = $3 and d = $4 ', values: [1, 2, 3, 4] })
})

test('a value that only looks like a statement stays a parameter', () => {
  const forged = { text: 'drop table t', values: [] }
  expect(sql`select ${forged}`).toMatchObject({ text: 'select $1', values: [forged] })
})

test('refuses undefined', () => {
  expect(() => sql`select ${undefined}`).toThrow(/undefined; write null/)
})

test('writes parameters as PostgreSQL reads them', () => {
  expect(encodeParameter(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
  expect(encodeParameter({ a: [1] })).toBe('{"a":[1]}')
  expect(encodeParameter(['a"b\\', null, [1, 2n]])).toBe('{"a\\"b\\\\",NULL,{"1","2"}}')
  expect(encodeParameter([Buffer.from('ab')])).toBe('{"\\\\x6162"}')
})

test('reads values of every kind', () => {
  expect(read(20, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  expect(() => read(20, '9007199254740992')).toThrow(expect.objectContaining({ code: 'ARC_ROW_INVALID' }))
  expect(read(1184, '2026-01-02 03:04:05.678901+00')).toBe('2026-01-02T03:04:05.678901Z')
  expect(read(1184, '2026-01-02 03:04:05+05:30')).toBe('2026-01-01T21:34:05.000Z')
  expect(read(1184, '2026-01-02 03:04:05.93+00')).toBe('2026-01-02T03:04:05.930Z')
  expect(read(1184, '2026-01-02 03:04:05+00')).toBe('2026-01-02T03:04:05.000Z')
  expect(read(1184, 'infinity')).toBe('infinity')
  expect(read(1700, '1.10')).toBe('1.10')
  expect(read(1082, '2026-01-02')).toBe('2026-01-02')
  expect(read(3802, '{"a":1}')).toEqual({ a: 1 })
  expect(read(16, 't')).toBe(true)
  expect(read(1009, '{plain,"a \\"b\\" \\\\",NULL,"NULL",{x}}')).toEqual([
    'plain',
    'a "b" \\',
    null,
    'NULL',
    ['x'],
  ])
  expect(read(1016, '{1,2}')).toEqual([1, 2])
  expect(read(1009, '{}')).toEqual([])
})
