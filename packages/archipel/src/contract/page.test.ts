import { expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf, page, validateInput } from './index.ts'
import type { AnySchema } from './index.ts'

const products = page(z.object({ sku: z.string() }), { search: z.string().optional() })

test('asks for 20 items unless told, at most 100, at least 1', () => {
  expect(validateInput(products.input, {}).value).toEqual({ limit: 20 })
  expect(validateInput(products.input, { limit: 100, cursor: 'x', search: 'y' }).value).toEqual({
    limit: 100,
    cursor: 'x',
    search: 'y',
  })
  for (const limit of [0, 101, 1.5, '20'])
    expect(validateInput(products.input, { limit }).issues?.[0]?.path).toBe('limit')
  expect(validateInput(products.input, { cursor: '' }).issues?.[0]?.path).toBe('cursor')
})

test('gives items and the cursor of the next page, or null', () => {
  expect(validateInput(products.output, { items: [{ sku: 'A', x: 1 }], next: null }).value).toEqual({
    items: [{ sku: 'A' }],
    next: null,
  })
  expect(validateInput(products.output, { items: [] }).issues?.[0]?.path).toBe('next')
})

test('a filter can not replace the limit', () => {
  const paged = page(z.object({}), { limit: z.string() })
  expect(jsonSchemaOf(paged.input, 'input').properties?.['limit']).toMatchObject({
    type: 'integer',
    maximum: 100,
  })
})

test('a list may say what its cursors look like', () => {
  const byId = page(z.object({}), {}, { cursor: z.uuid() })
  expect(validateInput(byId.input, { cursor: 'x' }).issues?.[0]?.path).toBe('cursor')
  expect(validateInput(byId.input, {}).value).toEqual({ limit: 20 })
})

test('refuses schemas of other vendors, naming the place', () => {
  const other: AnySchema = {
    '~standard': {
      version: 1,
      vendor: 'other',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => ({}), output: () => ({}) },
    },
  }
  expect(() => page(z.object({}), { size: other })).toThrow(/'size' is no schema of Zod 4/)
})
