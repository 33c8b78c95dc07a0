import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  anyOf,
  command,
  conflict,
  contract,
  download,
  limited,
  notFound,
  checkPaths,
  openApi,
  owner,
  page,
  query,
  refused,
  roles,
  stream,
  upload,
} from '../index.ts'

const Money = z.object({ amount: z.int(), currency: z.string() }).meta({ id: 'Money' })
const Comment = z.object({
  text: z.string(),
  get replies() {
    return z.array(Comment)
  },
})
const Product = z.object({ sku: z.string(), price: Money, comments: z.array(Comment).default([]) })
const Sku = z.object({ sku: z.string() })

const catalogue = contract('catalogue', {
  version: '1.2.0',
  operations: {
    getProduct: query({
      summary: 'One product',
      http: { route: 'GET /products/{sku}' },
      access: 'public',
      input: Sku,
      output: Product,
      errors: { PRODUCT_NOT_FOUND: notFound(Sku) },
    }),
    listProducts: query({
      http: { route: 'GET /products' },
      access: 'public',
      ...page(Product, { tags: z.array(z.string()).default([]) }),
    }),
    addProduct: command({
      http: { route: 'POST /products', status: 201, location: '/products/{sku}' },
      access: roles('merchandiser'),
      input: Product,
      output: Product,
      errors: { SKU_TAKEN: conflict(Sku), PRICE_REFUSED: refused(), TOO_MANY: limited() },
    }),
    changePrice: command({
      http: { route: 'PUT /products/{sku}/price' },
      access: roles('merchandiser'),
      input: z.object({ sku: z.string(), price: Money }),
      output: Product,
    }),
    removeProduct: command({
      http: { route: 'DELETE /products/{sku}' },
      access: roles('merchandiser'),
      input: Sku,
      output: z.object({}),
    }),
    getProducts: query({
      access: 'internal',
      input: z.object({ skus: z.array(z.string()) }),
      output: z.array(Product),
    }),
  },
})
const orders = contract('orders', {
  version: '1.0.0',
  operations: {
    watchOrder: stream({
      http: { route: 'GET /orders/{id}/events' },
      access: anyOf(owner('customerId'), roles('support')),
      input: z.object({ id: z.uuid() }),
      output: z.object({ number: z.int() }),
    }),
    search: query({
      http: { route: 'POST /searches' },
      access: 'public',
      input: z.union([z.object({ a: z.string() }), z.object({ b: Comment })]),
      output: z.object({ found: z.array(z.string()) }),
    }),
    getReceipt: query({
      http: { route: 'GET /orders/{id}/receipt' },
      access: roles('customer'),
      input: z.object({ id: z.uuid() }),
      output: z.object({ number: z.int() }),
      cache: { maxAge: '5s' },
    }),
    putScan: upload({
      http: { route: 'PUT /orders/{id}/scan' },
      access: roles('support'),
      input: z.object({ id: z.uuid(), page: z.int().default(1) }),
      output: z.object({ number: z.int() }),
      maxBytes: 1_000,
      contentTypes: ['image/png', 'image/gif'],
    }),
    getScan: download({
      http: { route: 'GET /orders/{id}/scan' },
      access: roles('support'),
      input: z.object({ id: z.uuid() }),
      contentTypes: ['image/png', 'image/gif'],
    }),
  },
})

const document = openApi({ title: 'Shop', contracts: [catalogue, orders], basePath: '/api/v1' })

test('is valid OpenAPI 3.1, by a validator that is not ours, and all its references lead somewhere', async () => {
  const validator = new Validator()
  const plain = JSON.parse(JSON.stringify(document))
  expect(await validator.validate(plain)).toMatchObject({ valid: true })
  const text = JSON.stringify(document)
  for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"/]+)"/g))
    expect(document.components.schemas).toHaveProperty([name])
  expect(text).not.toContain('$defs')
})

test('has each operation with a route, and none without', () => {
  expect(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    ),
  ).toEqual([
    'get /products/{sku}',
    'delete /products/{sku}',
    'get /products',
    'post /products',
    'put /products/{sku}/price',
    'get /orders/{id}/events',
    'post /searches',
    'get /orders/{id}/receipt',
    'put /orders/{id}/scan',
    'get /orders/{id}/scan',
  ])
  expect(document.servers).toEqual([{ url: '/api/v1' }])
})

test('takes parameters from path and query, the rest from the body, which is closed', () => {
  const list = document.paths['/products']?.['get']
  expect(list?.parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual([
    ['tags', 'query', false],
    ['limit', 'query', false],
    ['cursor', 'query', false],
  ])
  const change = document.paths['/products/{sku}/price']?.['put']
  expect(change?.parameters.map(({ name, in: place }) => [name, place])).toEqual([
    ['sku', 'path'],
    ['Idempotency-Key', 'header'],
  ])
  expect(change?.requestBody).toEqual({
    required: true,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/CatalogueChangePriceInput' } } },
  })
  expect(document.components.schemas['CatalogueChangePriceInput']).toEqual({
    type: 'object',
    properties: { price: { $ref: '#/components/schemas/MoneyInput' } },
    required: ['price'],
    additionalProperties: false,
  })
  expect(document.paths['/products/{sku}']?.['delete']?.requestBody).toBeUndefined()
})

test('leaves answers open, so that a newer release may add a field', () => {
  expect(document.components.schemas['CatalogueGetProductOutput']).not.toHaveProperty('additionalProperties')
  expect(document.components.schemas['Money']).not.toHaveProperty('additionalProperties')
  expect(document.components.schemas['MoneyInput']).toHaveProperty('additionalProperties', false)
})

test('groups the errors by status, with their codes and typed details', () => {
  const add = document.paths['/products']?.['post']
  expect(Object.keys(add?.responses ?? {})).toEqual([
    '201',
    '400',
    '401',
    '403',
    '409',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
    '504',
  ])
  expect(add?.responses['201']?.headers).toHaveProperty('Location')
  expect(add?.responses['409']?.content?.['application/problem+json']?.schema).toEqual({
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        anyOf: [
          {
            required: ['details'],
            properties: {
              code: { const: 'SKU_TAKEN' },
              details: { $ref: '#/components/schemas/CatalogueAddProductSkuTaken' },
            },
          },
          { properties: { code: { enum: ['ARC_KEY_IN_PROGRESS'] } } },
        ],
      },
    ],
  })
  expect(Object.keys(document.paths['/products/{sku}']?.['get']?.responses ?? {})).toEqual([
    '200',
    '400',
    '401',
    '404',
    '429',
    '500',
    '503',
    '504',
  ])
})

test('says who may call', () => {
  expect(document.paths['/products']?.['get']).toMatchObject({ security: [], 'x-archipel-access': 'public' })
  expect(document.paths['/products']?.['post']).toMatchObject({
    security: [{ bearer: [] }],
    'x-archipel-access': { roles: ['merchandiser'] },
  })
})

test('describes a stream as server-sent events that resume', () => {
  const watch = document.paths['/orders/{id}/events']?.['get']
  expect(Object.keys(watch?.responses['200']?.content ?? {})).toEqual(['text/event-stream'])
  expect(watch?.responses).toHaveProperty('204')
  expect(watch?.responses).toHaveProperty('404')
  expect(watch?.parameters.map(({ name }) => name)).toEqual(['id', 'Last-Event-ID'])
})

test('says of an answer that may be kept how to ask whether it has changed', () => {
  const get = document.paths['/orders/{id}/receipt']?.['get']
  expect(get?.parameters.map(({ name, in: place }) => [name, place])).toEqual([
    ['id', 'path'],
    ['If-None-Match', 'header'],
  ])
  expect(Object.keys(get?.responses['200']?.headers ?? {})).toEqual(['ETag', 'Cache-Control'])
  expect(get?.responses['304']?.content).toBeUndefined()
  expect(document.paths['/products/{sku}']?.['get']?.responses).not.toHaveProperty('304')
})

test('describes an upload by its types and its length; all fields stand beside the body', () => {
  const put = document.paths['/orders/{id}/scan']?.['put']
  expect(put?.parameters.map(({ name, in: place }) => [name, place])).toEqual([
    ['id', 'path'],
    ['page', 'query'],
    ['Idempotency-Key', 'header'],
  ])
  const body = { schema: {}, 'x-archipel-max-bytes': 1_000 }
  expect(put?.requestBody).toEqual({ required: true, content: { 'image/png': body, 'image/gif': body } })
  expect(Object.keys(put?.responses ?? {})).toEqual(expect.arrayContaining(['409', '413', '415', '422']))
})

test('describes a download with its parts, and what is said of a part that is not there', () => {
  const get = document.paths['/orders/{id}/scan']?.['get']
  expect(get?.parameters.map(({ name }) => name)).toEqual(['id', 'If-None-Match', 'Range', 'If-Range'])
  expect(Object.keys(get?.responses ?? {})).toEqual(expect.arrayContaining(['200', '206', '304', '416']))
  expect(Object.keys(get?.responses['206']?.content ?? {})).toEqual(['image/png', 'image/gif'])
})

test('refuses two contracts that claim one route, or name one parameter differently', () => {
  const other = (route: 'GET /products/{sku}' | 'GET /products/{id}') =>
    contract('other', {
      version: '1.0.0',
      operations: {
        get: query({
          http: { route },
          access: 'public',
          input: z.object({ sku: z.string(), id: z.string() }),
          output: z.object({}),
        }),
      },
    })
  for (const route of ['GET /products/{sku}', 'GET /products/{id}'] as const) {
    // A host that serves the document later on has to see it at its start.
    expect(() => checkPaths([catalogue, other(route)])).toThrow(/other\.get clashes/)
    expect(() => openApi({ title: 'Shop', contracts: [catalogue, other(route)] })).toThrow(
      /other\.get clashes with catalogue\.getProduct/,
    )
  }
})

test('writes a parameter of several patterns with all of them', () => {
  const sku = z
    .string()
    .regex(/^[A-Z]/)
    .regex(/\d$/)
  const factor = z.number().multipleOf(2).multipleOf(3)
  const shop = contract('shop', {
    version: '1.0.0',
    operations: {
      look: query({
        http: { route: 'GET /look/{sku}' },
        access: 'public',
        input: z.object({ sku, factor }),
        output: z.object({ sku }),
      }),
    },
  })
  const { paths } = openApi({ title: 'Shop', contracts: [shop] })
  expect(Object.values(paths)[0]?.get?.parameters).toMatchObject([
    { name: 'sku', schema: { type: 'string', allOf: [{ pattern: '^[A-Z]' }, { pattern: '\\d$' }] } },
    { name: 'factor', schema: { type: 'number', multipleOf: 2, allOf: [{ multipleOf: 3 }] } },
  ])
})
