import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import { dropUnknownFields, unknownFields } from './unknown-fields.ts'

function unknownIn(schema: z.ZodType, value: unknown): readonly string[] {
  return unknownFields(jsonSchemaOf(schema, 'input'))(value)
}

const Node = z.object({
  name: z.string(),
  get children() {
    return z.array(Node)
  },
})
const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number() }),
  z.object({ kind: z.literal('square'), side: z.number() }),
])

test.each<[string, z.ZodType, unknown, string[]]>([
  ['nothing', z.object({ a: z.string() }), { a: 'x' }, []],
  ['a field at the top', z.object({ a: z.string() }), { a: 'x', b: 1 }, ['b']],
  [
    'a field of an item',
    z.object({ lines: z.array(z.object({ sku: z.string() })) }),
    { lines: [{ sku: '1' }, { sku: '2', x: 1 }] },
    ['lines[1].x'],
  ],
  [
    'a field of a tuple',
    z.object({ t: z.tuple([z.object({ a: z.int() }), z.string()]) }),
    { t: [{ a: 1, b: 2 }, 's'] },
    ['t[0].b'],
  ],
  [
    'fields of a record never, of its values',
    z.object({ r: z.record(z.string(), z.object({ a: z.int() })) }),
    { r: { x: { a: 1, b: 1 } } },
    ['r.x.b'],
  ],
  ['a field of the other alternative', Shape, { kind: 'circle', radius: 1, side: 2 }, ['side']],
  ['a field when no alternative fits', Shape, { kind: 'star', side: 2, points: 5 }, ['points']],
  [
    'a field deep in a recursion',
    Node,
    { name: 'a', children: [{ name: 'b', children: [], x: 1 }] },
    ['children[0].x'],
  ],
  [
    'a field of a nullable object',
    z.object({ a: z.object({ b: z.int() }).nullable() }),
    { a: { c: 1 } },
    ['a.c'],
  ],
  [
    'the fields of an intersection',
    z.object({ a: z.int() }).and(z.object({ b: z.int() })),
    { a: 1, b: 2, c: 3 },
    ['c'],
  ],
  ['any field of an empty object', z.object({}), { a: 1 }, ['a']],
  ['a forbidden name', z.object({ a: z.int() }), JSON.parse('{"a":1,"__proto__":{"x":1}}'), ['__proto__']],
  ['an object where a text belongs', z.object({ a: z.string() }), { a: { b: 1 } }, []],
])('finds %s', (_, schema, value, expected) => {
  expect(unknownIn(schema, value)).toEqual(expected)
})

test('lists at most 20, each of bounded length', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}${'x'.repeat(500)}`, 1]))
  const found = unknownIn(z.object({}), many)
  expect(found).toHaveLength(20)
  expect(Math.max(...found.map((path) => path.length))).toBeLessThan(120)
})

test('cuts exactly what Zod drops', () => {
  const schema = z.object({
    a: z.object({ b: z.int() }),
    shape: Shape,
    list: z.array(z.object({ c: z.int() })),
  })
  const cut = dropUnknownFields(jsonSchemaOf(schema, 'output'))
  const extra = fc.dictionary(fc.constantFrom('x', 'y', 'side', 'radius', 'b', 'c'), fc.constant(7))
  fc.assert(
    fc.property(extra, extra, extra, extra, (one, two, three, four) => {
      const value = {
        ...one,
        a: { ...two, b: 1 },
        shape: { ...three, kind: 'circle', radius: 2 },
        list: [{ ...four, c: 1 }],
      }
      const kept = schema.parse(value)
      cut(value)
      expect(value).toEqual(kept)
    }),
  )
})
