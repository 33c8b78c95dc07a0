import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AnySchema } from '../types.ts'
import { createValidator, inputInvalid, validateInput } from './validate.ts'

const Order = z.object({
  lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })),
  note: z.string().default(''),
})

/** A schema of another vendor, which keeps what it doesn't know and hands its input through. */
function passing(
  validate: AnySchema['~standard']['validate'],
  jsonSchema: Record<string, unknown>,
): AnySchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'other',
      validate,
      jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
    },
  }
}
const OPEN = { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'number' } } } } }

test('gives a copy with defaults that shares no object with the input', () => {
  const input = { lines: [{ sku: 'A', quantity: 1 }] }
  const { value } = createValidator(Order)(input)
  expect(value).toEqual({ ...input, note: '' })
  expect(value?.lines).not.toBe(input.lines)
  expect(value?.lines[0]).not.toBe(input.lines[0])
})

test('drops fields that the schema does not name', () => {
  expect(validateInput(Order, { lines: [], colour: 'red' }).value).toEqual({ lines: [], note: '' })
})

test('drops fields that are undefined, as JSON does, at any depth', () => {
  const schema = z.object({
    a: z.string().optional(),
    b: z.array(z.object({ c: z.int().optional(), d: z.string().nullable() })),
  })
  const { value } = validateInput(schema, { a: undefined, b: [{ c: undefined, d: null }] })
  expect(JSON.stringify(value)).toBe('{"b":[{"d":null}]}')
  expect(Object.keys(value ?? {})).toEqual(['b'])
  expect(Object.keys(value?.b[0] ?? {})).toEqual(['d'])
})

test('names every wrong field by a path that people read', () => {
  const { issues } = validateInput(Order, { lines: [{ sku: 'A', quantity: 0 }, { quantity: 1 }] })
  expect(issues?.map(({ path }) => path)).toEqual(['lines[0].quantity', 'lines[1].sku'])
  expect(inputInvalid(issues ?? [])).toMatchObject({
    code: 'ARC_INPUT_INVALID',
    details: { issues: [{ path: 'lines[0].quantity' }, {}] },
  })
})

test('copies and cuts for a vendor that hands its input through', () => {
  const input = { a: { b: 1, c: 2 }, d: 3 }
  const { value } = validateInput(
    passing((given) => ({ value: given }), OPEN),
    input,
  )
  expect(value).toEqual({ a: { b: 1 } })
  expect(input).toEqual({ a: { b: 1, c: 2 }, d: 3 })
})

test('reports what can not be copied as JSON', () => {
  const schema = passing((given) => ({ value: given }), OPEN)
  expect(validateInput(schema, { a: 1n }).issues?.[0]?.message).toMatch(/is not JSON/)
})

test('reads paths of objects with keys, as the standard allows', () => {
  const schema = passing(() => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 0, 'odd name'] }] }), OPEN)
  expect(validateInput(schema, {}).issues).toEqual([{ path: 'a[0]["odd name"]', message: 'no' }])
})

test('refuses a schema that validates asynchronously', () => {
  const schema = z.object({ a: z.string().refine(async () => true) })
  expect(() => validateInput(schema, { a: 'x' })).toThrowError(
    expect.objectContaining({ code: 'ARC_CONTRACT_INVALID' }),
  )
})
