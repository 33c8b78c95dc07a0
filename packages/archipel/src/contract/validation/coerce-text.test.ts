import { expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import { page } from '../page.ts'
import { coerceText, type TextFields } from './coerce-text.ts'

const schema = z.object({
  count: z.int(),
  price: z.number().optional(),
  flag: z.boolean().optional(),
  name: z.string().optional(),
  mixed: z.union([z.string(), z.int()]).optional(),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  ids: z.array(z.int()).optional(),
  tags: z.array(z.string()).optional(),
  dozens: z.number().multipleOf(3).multipleOf(4).optional(),
  between: z.intersection(z.int().min(1), z.int().max(9)).optional(),
})
const coerce = coerceText(jsonSchemaOf(schema, 'input'))

test.each<[TextFields, Record<string, unknown>]>([
  [{ count: '1' }, { count: 1 }],
  [{ count: '-12' }, { count: -12 }],
  [{ dozens: '24' }, { dozens: 24 }],
  [{ between: '5' }, { between: 5 }],
  [{ price: '-1.5' }, { price: -1.5 }],
  [{ price: '1.50' }, { price: 1.5 }],
  [{ flag: 'true' }, { flag: true }],
  [{ flag: 'false' }, { flag: false }],
  [{ name: '1' }, { name: '1' }],
  [{ mixed: '1' }, { mixed: '1' }],
  [{ level: '2' }, { level: 2 }],
  [{ ids: '1' }, { ids: [1] }],
  [{ ids: ['1', '2', 'x'] }, { ids: [1, 2, 'x'] }],
  [{ tags: ['1', 'b'] }, { tags: ['1', 'b'] }],
  [{ unheard: '1' }, { unheard: '1' }],
  [{ count: ['1', '2'] }, { count: ['1', '2'] }],
])('turns %j into %j', (fields, expected) => {
  expect({ ...coerce(fields) }).toEqual(expected)
})

test.each([
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '1.',
  '.5',
  '1e3',
  '0x10',
  'Infinity',
  'NaN',
  '-0',
  '-',
  '9007199254740993',
  '1,5',
  '１',
])('leaves %j as text', (text) => {
  expect(coerce({ count: text })).toEqual(expect.objectContaining({ count: text }))
})

test.each(['TRUE', '1', 'yes', ''])('leaves %j as text where a boolean belongs', (text) => {
  expect(coerce({ flag: text })['flag']).toBe(text)
})

test('knows fields behind unions and defaults', () => {
  const paged = page(z.object({}), { open: z.boolean().optional() })
  expect({ ...coerceText(jsonSchemaOf(paged.input, 'input'))({ limit: '5', open: 'true' }) }).toEqual({
    limit: 5,
    open: true,
  })
  const union = z.union([z.object({ a: z.int() }), z.object({ b: z.boolean() })])
  expect({ ...coerceText(jsonSchemaOf(union, 'input'))({ b: 'true' }) }).toEqual({ b: true })
})

test('has no special names', () => {
  expect(Object.keys(coerce(JSON.parse('{"__proto__":"x"}')))).toEqual(['__proto__'])
})
