import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, compareContracts, contract, notFound } from '../index.ts'
import type { Contract } from '../index.ts'

/** A schema as data, so that a value for it can be made. */
type Spec =
  | { readonly type: 'text'; readonly max?: number }
  | { readonly type: 'number'; readonly min?: number }
  | { readonly type: 'whole' | 'flag' }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'list'; readonly item: Spec }
  | { readonly type: 'either'; readonly parts: readonly Spec[] }
  | ObjectSpec
interface ObjectSpec {
  readonly type: 'object'
  readonly fields: Readonly<Record<string, { readonly spec: Spec; readonly optional: boolean }>>
}

const { object: objects, spec: specs } = fc.letrec<{ object: ObjectSpec; spec: Spec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ type: fc.constant('text' as const), max: fc.nat(3) }, { requiredKeys: ['type'] }),
    fc.record(
      { type: fc.constant('number' as const), min: fc.integer({ min: -2, max: 2 }) },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.constantFrom('whole' as const, 'flag' as const) }),
    fc.record({
      type: fc.constant('choice' as const),
      values: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
    }),
    fc.record({ type: fc.constant('list' as const), item: tie('spec') }),
    fc.record({
      type: fc.constant('either' as const),
      parts: fc.array(tie('spec'), { minLength: 2, maxLength: 3 }),
    }),
    tie('object'),
  ),
  object: fc.record({
    type: fc.constant('object' as const),
    fields: fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({ spec: tie('spec'), optional: fc.boolean() }),
      { maxKeys: 3, noNullPrototype: true },
    ),
  }),
}))

function schemaOf(spec: Spec): z.ZodType {
  switch (spec.type) {
    case 'text':
      return spec.max === undefined ? z.string() : z.string().max(spec.max)
    case 'number':
      return spec.min === undefined ? z.number() : z.number().min(spec.min)
    case 'whole':
      return z.int()
    case 'flag':
      return z.boolean()
    case 'choice':
      return z.enum([...spec.values])
    case 'list':
      return z.array(schemaOf(spec.item))
    case 'either':
      return z.union(spec.parts.map(schemaOf))
    case 'object':
      return objectOf(spec)
  }
}

function objectOf({ fields }: ObjectSpec): z.ZodObject {
  return z.object(
    Object.fromEntries(
      Object.entries(fields).map(([name, { spec, optional }]) => [
        name,
        optional ? schemaOf(spec).optional() : schemaOf(spec),
      ]),
    ),
  )
}

function valuesOf(spec: Spec): fc.Arbitrary<unknown> {
  switch (spec.type) {
    case 'text':
      return fc.string({ maxLength: spec.max ?? 8 })
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: spec.min ?? -100, max: 100 })
    case 'whole':
      return fc.integer()
    case 'flag':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...spec.values)
    case 'list':
      return fc.array(valuesOf(spec.item), { maxLength: 3 })
    case 'either':
      return fc.oneof(...spec.parts.map(valuesOf))
    case 'object': {
      const required = Object.entries(spec.fields).flatMap(([name, field]) => (field.optional ? [] : [name]))
      return fc.record(
        Object.fromEntries(Object.entries(spec.fields).map(([name, field]) => [name, valuesOf(field.spec)])),
        { requiredKeys: required, noNullPrototype: true },
      )
    }
  }
}

function withOptional(spec: Spec, extra: Spec): Spec {
  switch (spec.type) {
    case 'list':
      return { ...spec, item: withOptional(spec.item, extra) }
    case 'either':
      return { ...spec, parts: spec.parts.map((part) => withOptional(part, extra)) }
    case 'object':
      return widened(spec, extra)
    default:
      return spec
  }
}

function widened({ fields }: ObjectSpec, extra: Spec): ObjectSpec {
  const inner = Object.entries(fields).map(
    ([name, field]) => [name, { ...field, spec: withOptional(field.spec, extra) }] as const,
  )
  return { type: 'object', fields: { ...Object.fromEntries(inner), fresh: { spec: extra, optional: true } } }
}

function contractOf(spec: ObjectSpec): Contract {
  const schema = objectOf(spec)
  const data = z.object({ ...schema.shape, id: z.string() })
  return contract('shop', {
    version: '1.0.0',
    operations: {
      op: command({ access: 'internal', input: schema, output: schema, errors: { GONE: notFound(schema) } }),
    },
    events: { happened: { data, key: 'id', version: 1, personal: [], retentionMs: undefined } },
  })
}

test('finds nothing between a contract and itself, built again', () => {
  fc.assert(
    fc.property(objects, (spec) => {
      expect(compareContracts(contractOf(spec), contractOf(spec))).toEqual([])
    }),
  )
})

test('adding optional fields, at any depth, is always compatible', () => {
  fc.assert(
    fc.property(objects, specs, (spec, extra) => {
      const changes = compareContracts(contractOf(spec), contractOf(widened(spec, extra)))
      expect(changes.filter(({ compatible }) => !compatible)).toEqual([])
      expect(changes.length).toBeGreaterThan(0)
    }),
  )
})

test('what it calls compatible is: older inputs are taken, newer answers are read', () => {
  const pairs = fc.tuple(objects, objects).chain(([older, newer]) =>
    fc.record({
      older: fc.constant(older),
      newer: fc.constant(newer),
      sent: valuesOf(older),
      given: valuesOf(newer),
    }),
  )
  let judged = 0
  fc.assert(
    fc.property(pairs, ({ older, newer, sent, given }) => {
      const breaking = compareContracts(contractOf(older), contractOf(newer)).filter(
        ({ compatible }) => !compatible,
      )
      const breaks = (wanted: string): boolean => breaking.some(({ direction }) => direction === wanted)
      expect(breaks('input') || objectOf(newer).safeParse(sent).success, 'input').toBe(true)
      expect(breaks('answer') || objectOf(older).safeParse(given).success, 'answer').toBe(true)
      if (breaking.length < 4) judged += 1
    }),
    { numRuns: 1_000 },
  )
  expect(judged).toBeGreaterThan(20)
})
