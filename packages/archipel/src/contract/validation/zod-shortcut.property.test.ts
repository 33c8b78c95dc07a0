import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AnySchema } from '../types.ts'
import { createValidator } from './validate.ts'
import { ASK_ZOD, compileShortcut } from './zod-shortcut.ts'

/** A schema with values that fit it or nearly do. */
interface Sample {
  readonly schema: z.ZodType
  readonly value: fc.Arbitrary<unknown>
}

const texts = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\ud83d'), maxLength: 6 })
const numbers = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constantFrom(2 ** 53, -0, NaN))
const odd = fc.constantFrom(undefined, null, '', 0, true, [], {}, [undefined], NaN)

const leaves: readonly Sample[] = [
  { schema: z.string(), value: texts },
  ...[0, 1, 2, 3].map((least) => ({ schema: z.string().min(least).max(4), value: texts })),
  { schema: z.string().length(2), value: texts },
  { schema: z.string().trim().min(1), value: fc.constantFrom(' ', ' a ', 'a') },
  { schema: z.string().regex(/^a+$/), value: texts },
  { schema: z.string().regex(/a/g), value: texts },
  { schema: z.uuid(), value: fc.oneof(fc.uuid(), texts) },
  { schema: z.url(), value: fc.constantFrom('https://a.b', 'a b', 'mailto:a') },
  { schema: z.iso.datetime(), value: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01', 'x') },
  { schema: z.number().gt(-1).lte(2), value: numbers },
  { schema: z.int().min(0).max(3), value: numbers },
  { schema: z.int32(), value: fc.oneof(numbers, fc.constant(2 ** 40)) },
  { schema: z.number().multipleOf(0.5), value: numbers },
  { schema: z.boolean(), value: fc.boolean() },
  { schema: z.null(), value: fc.constant(null) },
  { schema: z.enum(['a', 'b']), value: fc.constantFrom('a', 'b', 'c') },
  { schema: z.literal(['a', 1, null]), value: fc.constantFrom('a', 1, null, '1') },
  { schema: z.string().refine((text) => text !== 'a'), value: texts },
  { schema: z.union([z.string(), z.int()]), value: fc.oneof(texts, numbers) },
  { schema: z.record(z.string(), z.int()), value: fc.dictionary(texts, numbers) },
]

const field = (sample: Sample): fc.Arbitrary<Sample> =>
  fc.constantFrom(
    sample,
    { ...sample, schema: sample.schema.optional() },
    { ...sample, schema: z.exactOptional(sample.schema) },
    { ...sample, schema: sample.schema.default('default') },
    { ...sample, schema: sample.schema.default('default').optional() },
    { ...sample, schema: z.nonoptional(sample.schema.default('default')) },
    { ...sample, schema: sample.schema.default({ a: 1 }) },
    { ...sample, schema: sample.schema.nullable().optional() },
    { ...sample, schema: sample.schema.nullish() },
  )

const { sample: samples } = fc.letrec<{ sample: Sample; object: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('sample').map(({ schema, value }) => ({
      schema: schema.nullable(),
      value: fc.oneof(value, fc.constant(null)),
    })),
    fc.record({ item: tie('sample'), most: fc.nat(3) }).map(({ item: { schema, value }, most }) => ({
      schema: z.array(schema).max(most),
      value: fc.array(value, { maxLength: 3 }),
    })),
    tie('object'),
  ),
  object: fc
    .dictionary(fc.constantFrom('a', 'b', 'odd "name"', 'length'), tie('sample').chain(field))
    .chain((fields) => fc.constantFrom('strip', 'strict', 'refined').map((kind) => objectOf(fields, kind))),
}))

function objectOf(fields: Readonly<Record<string, Sample>>, kind: string): Sample {
  const plain = z.object(
    Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
  )
  const values = Object.entries(fields).map(([name, { value }]) => [name, fc.oneof(value, odd)] as const)
  return {
    schema: kind === 'strict' ? plain.strict() : kind === 'refined' ? plain.refine(() => true) : plain,
    value: fc.record({ ...Object.fromEntries(values), unknown: odd }, { requiredKeys: [] }),
  }
}

const cases = samples.chain(({ schema, value }) =>
  fc.record({ schema: fc.constant(schema), value: fc.oneof({ weight: 4, arbitrary: value }, odd) }),
)

const asZod = (part: AnySchema) => (value: unknown) => {
  const result = part['~standard'].validate(value)
  return result instanceof Promise || result.issues !== undefined ? ASK_ZOD : result.value
}

test('what the shortcut accepts is what Zod makes of it', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cases, ({ schema, value }) => {
      const copy = compileShortcut(schema, asZod)?.(value) ?? ASK_ZOD
      if (copy === ASK_ZOD) return
      expect(JSON.stringify(copy)).toBe(JSON.stringify(z.parse(schema, value)))
      expect(copy).toEqual(z.parse(schema, value))
    }),
    { numRuns: 1_000 },
  )
})

test('a validator says of every value what Zod says', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cases, ({ schema, value }) => {
      const { success, error } = z.safeParse(schema, value)
      const { issues } = createValidator(schema)(value)
      expect(issues === undefined).toBe(success)
      expect(issues?.map(({ message }) => message)).toEqual(error?.issues.map(({ message }) => message))
    }),
    { numRuns: 500 },
  )
})

const never = () => () => {
  throw new Error('Zod was asked')
}

test('goes its own way through the plain shapes of contracts', () => {
  const line = z.object({
    sku: z.string().min(1).max(40),
    quantity: z.int().min(1),
    note: z.string().optional(),
  })
  const shortcut = compileShortcut(
    z.object({ id: z.uuid(), lines: z.array(line).max(50), limit: z.int().default(20), to: z.null() }),
    never,
  )
  const input = {
    id: crypto.randomUUID(),
    lines: [{ sku: 'A', quantity: 1, note: undefined, more: 1 }],
    to: null,
  }
  const copy = shortcut?.(input)
  expect(copy).toStrictEqual({ id: input.id, lines: [{ sku: 'A', quantity: 1 }], limit: 20, to: null })
})

test('ends in recursion, and leaves names that objects treat in their own way to Zod', () => {
  interface Tree {
    readonly name: string
    readonly children: readonly Tree[]
  }
  const tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(tree)
    },
  })
  const value = { name: 'a', children: [{ name: 'b', children: [{ name: 'c', children: [] }] }] }
  expect(createValidator(tree)(value).value).toStrictEqual(value)
  expect(compileShortcut(z.object({ ['__proto__']: z.string() }), asZod)).toBeUndefined()
})
