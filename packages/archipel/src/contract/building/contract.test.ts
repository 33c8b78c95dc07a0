import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { isArchipelError } from '../../errors/index.ts'
import {
  anyOf,
  command,
  conflict,
  contract,
  download,
  event,
  notFound,
  owner,
  page,
  query,
  roles,
  stream,
  upload,
} from '../index.ts'
import type { AnySchema, Operation } from '../index.ts'

const Product = z.object({
  sku: z.string(),
  name: z.string(),
  price: z.object({ amount: z.int(), currency: z.string().length(3) }),
})
const empty = z.object({})

interface Fault {
  readonly path: string
  readonly message: string
  readonly advice: string
}

function faultsOf(build: () => unknown): readonly Fault[] {
  try {
    build()
  } catch (error) {
    if (isArchipelError(error) && error.code === 'ARC_CONTRACT_INVALID')
      return error.details?.['issues'] as unknown as Fault[]
    throw error
  }
  return []
}

function faultsWith(operation: Operation, name = 'op'): readonly Fault[] {
  return faultsOf(() => contract('shop', { version: '1.0.0', operations: { [name]: operation } }))
}

function schemaFaults(schema: AnySchema): readonly Fault[] {
  return faultsWith(query({ access: 'public', input: empty, output: schema }))
}

test('builds the sketch of the architecture', () => {
  const catalogue = contract('catalogue', {
    version: '1.2.0',
    operations: {
      getProduct: query({
        http: { route: 'GET /products/{sku}' },
        access: 'public',
        input: z.object({ sku: z.string() }),
        output: Product,
        errors: { PRODUCT_NOT_FOUND: notFound(z.object({ sku: z.string() })) },
      }),
      listProducts: query({
        http: { route: 'GET /products' },
        access: 'public',
        ...page(Product, { search: z.string().optional() }),
      }),
      addProduct: command({
        http: { route: 'POST /products', status: 201, location: '/products/{sku}' },
        access: roles('merchandiser'),
        input: Product,
        output: Product,
        errors: { SKU_TAKEN: conflict(z.object({ sku: z.string() })) },
      }),
    },
    events: { productAdded: event({ data: Product, key: 'sku', version: 1 }) },
  })
  expect(catalogue.events.productAdded).toMatchObject({
    publisher: 'catalogue',
    name: 'productAdded',
    type: 'catalogue.productAdded.v1',
    key: 'sku',
  })
  expect(catalogue.operations.addProduct.http).toEqual({
    method: 'POST',
    path: '/products',
    status: 201,
    location: '/products/{sku}',
  })
  expect(catalogue.operations.getProduct).toMatchObject({
    kind: 'query',
    access: 'public',
    secret: false,
    paged: false,
  })
  expect(catalogue.operations.listProducts.paged).toBe(true)
  expect(Object.isFrozen(catalogue.operations)).toBe(true)
})

test.each<[string, AnySchema, string]>([
  ['a Date', z.object({ at: z.date() }), '.at'],
  [
    'a Date in a list of a union',
    z.object({ a: z.union([z.string(), z.object({ b: z.array(z.date()) })]) }),
    '.a.b[]',
  ],
  ['a transform', z.object({ n: z.string().transform(Number) }), '.n'],
  ['a transform that keeps the type', z.object({ n: z.string().transform((text) => text.trim()) }), '.n'],
  ['a preprocess', z.object({ n: z.preprocess(String, z.string()) }), '.n'],
  ['a codec', z.object({ n: z.stringbool() }), '.n'],
  ['a pipe whose ends differ', z.object({ n: z.union([z.string(), z.number()]).pipe(z.number()) }), ''],
  ['a pipe that changes the type', z.object({ n: z.string().pipe(z.coerce.number()) }), '.n'],
  ['a coercion', z.object({ n: z.coerce.number() }), '.n'],
  ['a bigint', z.object({ n: z.bigint() }), '.n'],
  ['undefined', z.object({ n: z.undefined() }), '.n'],
  ['unknown', z.object({ n: z.unknown() }), '.n'],
  ['any in a record', z.object({ n: z.record(z.string(), z.any()) }), '.n{}'],
  ['a Map', z.object({ n: z.map(z.string(), z.string()) }), '.n'],
  ['a Set', z.object({ n: z.set(z.string()) }), '.n'],
  ['a file', z.object({ n: z.file() }), '.n'],
  ['a check of its own', z.object({ n: z.custom<string>(() => true) }), '.n'],
  ['a promise', z.object({ n: z.promise(z.string()) }), '.n'],
  ['a catch', z.object({ n: z.string().catch('x') }), '.n'],
  ['an optional item', z.object({ n: z.array(z.string().optional()) }), '.n[]'],
  ['an optional answer', Product.optional(), ''],
  ['a strict object', z.strictObject({ a: z.string() }), ''],
  ['a loose object', z.looseObject({ a: z.string() }), '{}'],
  ['a shared default', z.object({ n: z.object({ a: z.array(z.string()) }).default({ a: [] }) }), '.n'],
  ['a Date among fields not named', z.object({ a: z.string() }).catchall(z.date()), '{}'],
  ['a bigint literal', z.object({ n: z.literal(1n) }), '.n'],
  ['a field that is a trap', z.object({ constructor: z.string() }), '.constructor'],
  ['no schema at all', JSON.parse('{"type":"object"}'), ''],
])('refuses %s, with path and advice', (_, schema, path) => {
  const faults = schemaFaults(schema)
  expect(faults.map((fault) => fault.path)).toEqual([`operations.op.output${path}`])
  expect(faults[0]?.advice).toMatch(/^[A-Z].*\.$/)
})

test.each<[string, AnySchema]>([
  [
    'defaults and optional fields',
    z.object({ a: z.string().default('x'), b: z.string().optional(), c: z.array(z.string()).default([]) }),
  ],
  ['a default that is copied', z.object({ n: z.object({ a: z.array(z.string()) }).prefault({ a: [] }) })],
  ['text that is trimmed', z.object({ a: z.string().trim().toLowerCase() })],
  ['refinements', z.object({ a: z.string() }).refine((value) => value.a !== 'b')],
  ['any JSON', z.object({ a: z.json() })],
  [
    'recursion',
    z.object({
      v: z.string(),
      get inner() {
        return z.array(z.object({ w: z.string() }))
      },
    }),
  ],
  [
    'unions, tuples, records, intersections',
    z
      .object({
        a: z.union([z.int(), z.null()]),
        t: z.tuple([z.string(), z.int()]),
        r: z.record(z.string(), z.int()),
      })
      .and(z.object({ b: z.literal('x') })),
  ],
  ['named schemas', z.object({ a: z.string().meta({ id: 'Name' }), b: z.string().readonly() })],
  ['a pipe that only narrows', z.object({ a: z.string().pipe(z.string().min(1)) })],
  ['a list', z.array(Product)],
  [
    'several patterns of a text',
    z.object({ a: z.string().regex(/a/).regex(/b/).max(5).startsWith('a').nullable() }),
  ],
  ['several bounds of a number', z.object({ a: z.number().min(1).max(9).multipleOf(2).multipleOf(3) })],
  [
    'a format and a pattern',
    z.object({ a: z.email().regex(/@shop\.example$/), b: z.stringFormat('sku', /^[A-Z]+$/) }),
  ],
  ['a template', z.object({ a: z.templateLiteral(['sku-', z.int(), z.enum(['a', 'b'])]) })],
  [
    'texts that fit two schemas',
    z.object({ a: z.intersection(z.string().min(1), z.string().regex(/a/).regex(/b/)) }),
  ],
])('takes %s', (_, schema) => {
  expect(schemaFaults(schema)).toEqual([])
})

test('refuses other vendors by their JSON Schema alone', () => {
  const vendor = (input: object, output = input): AnySchema => ({
    '~standard': {
      version: 1,
      vendor: 'other',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => ({ ...input }), output: () => ({ ...output }) },
    },
  })
  const withField = (field: object): object => ({ type: 'object', properties: { a: field } })
  expect(schemaFaults(vendor(withField({ type: 'string' })))).toEqual([])
  expect(schemaFaults(vendor(withField({}))).map((fault) => fault.path)).toEqual(['operations.op.output.a'])
  const described = [
    { type: 'string', allOf: [{ pattern: 'a' }, { pattern: 'b' }] },
    { allOf: [{ type: 'string' }, { pattern: 'b' }] },
    { type: 'string', anyOf: [{ pattern: 'a' }, { pattern: 'b' }] },
    { allOf: [{ type: 'string' }, { anyOf: [{ pattern: 'a' }, { format: 'date' }] }] },
  ]
  for (const field of described) expect(schemaFaults(vendor(withField(field)))).toEqual([])
  const unknown = [
    { allOf: [{ pattern: 'a' }, { pattern: 'b' }] },
    { anyOf: [{ type: 'string' }, { pattern: 'a' }] },
    { anyOf: [{ type: 'string' }, true] },
  ]
  for (const field of unknown)
    expect(schemaFaults(vendor(withField(field))).map((fault) => fault.path)).toEqual([
      'operations.op.output.a',
    ])
  expect(
    schemaFaults(vendor(withField({ type: 'object', allOf: [{ properties: { b: {} } }] }))).map(
      (fault) => fault.path,
    ),
  ).toEqual(['operations.op.output.a.b'])
  expect(
    schemaFaults(vendor(withField({ type: 'string' }), withField({ type: 'number' }))).map(
      (fault) => fault.path,
    ),
  ).toEqual(['operations.op.output'])
})

test('prints each fault once, also where Node.js prints what nobody caught', () => {
  const at = z.object({ at: z.date() })
  const build = () =>
    contract('shop', {
      version: '1.0.0',
      operations: { op: query({ access: 'public', input: at, output: at }) },
    })
  const printed = inspect(thrownBy(build), { customInspect: false, depth: 10 })
  expect(printed.match(/a Date is not JSON/g)).toHaveLength(2)
  expect(printed).toContain('operations.op.output.at: a Date is not JSON. Use z.iso.datetime()')
  expect(printed).not.toContain('issues')
})

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('lists all faults at once', () => {
  const when = z.date()
  const bad = command({
    access: 'public',
    input: z.object({ a: when, b: when }),
    output: z.object({ c: z.bigint() }),
    errors: { ARC_MINE: conflict() },
  })
  const faults = faultsOf(() => contract('Shop', { version: '1', operations: { db: bad } }))
  expect(faults.map((fault) => fault.path)).toEqual([
    'name',
    'version',
    'operations.db',
    'operations.db.input.a',
    'operations.db.input.b',
    'operations.db.output.c',
    'operations.db.errors.ARC_MINE',
  ])
})

test.each(['Op', 'op_1', '1op', 'then', 'try', 'db', 'constructor', 'toString', '', 'x'.repeat(41)])(
  'refuses the name %j',
  (name) => {
    expect(faultsWith(query({ access: 'public', input: empty, output: empty }), name)).toHaveLength(1)
  },
)

test.each(['archipel', 'public', 'gateway', 'operator', 'Shop'])('refuses the contract name %j', (name) => {
  expect(
    faultsOf(() => contract(name, { version: '1.0.0', operations: {} })).map((fault) => fault.path),
  ).toEqual(['name'])
})

test.each(['1', '1.0', 'v1.0.0', '01.0.0', ''])('refuses the version %j', (version) => {
  expect(faultsOf(() => contract('shop', { version, operations: {} })).map((fault) => fault.path)).toEqual([
    'version',
  ])
})

test.each(['skuTaken', 'ARC_SKU', 'SKU-TAKEN', '_SKU'])('refuses the error code %j', (code) => {
  const faults = faultsWith(
    command({ access: 'public', input: empty, output: empty, errors: { [code]: conflict() } }),
  )
  expect(faults.map((fault) => fault.path)).toEqual([`operations.op.errors.${code}`])
})

const text = z.string()
const details = z.object({ a: text })
const io = { access: 'public', input: z.object({ a: text }), output: z.object({ b: text }) } as const
test.each<[string, Operation, string]>([
  ['a path parameter that is no field', query({ ...io, http: { route: 'GET /x/{c}' } }), 'http.route'],
  [
    'an optional path parameter',
    query({ ...io, input: z.object({ a: text.optional() }), http: { route: 'GET /x/{a}' } }),
    'input.a',
  ],
  [
    'a list in the path',
    query({ ...io, input: z.object({ a: z.array(text) }), http: { route: 'GET /x/{a}' } }),
    'input.a',
  ],
  ['a parameter that stands twice', query({ ...io, http: { route: 'GET /{a}/{a}' } }), 'http.route'],
  ['half a parameter', query({ ...io, http: { route: 'GET /x{a}' } }), 'http.route'],
  [
    'an object in a query string',
    query({ ...io, input: z.object({ a: z.object({}) }), http: { route: 'GET /x' } }),
    'input.a',
  ],
  [
    'null in a query string',
    query({ ...io, input: z.object({ a: text.nullable() }), http: { route: 'GET /x' } }),
    'input.a',
  ],
  [
    'a list of lists in a query string',
    query({ ...io, input: z.object({ a: z.array(z.array(text)) }), http: { route: 'GET /x' } }),
    'input.a',
  ],
  ['a field of a DELETE', command({ ...io, http: { route: 'DELETE /x' } }), 'input.a'],
  [
    'a Location of nothing',
    command({ ...io, http: { route: 'POST /x', location: '/x/{a}' } }),
    'http.location',
  ],
  ['internal with a route', query({ ...io, access: 'internal', http: { route: 'GET /x' } }), 'http'],
  ['an owner that is not there', query({ ...io, access: owner('customerId') }), 'access'],
  [
    'an owner that is not there, among others',
    query({ ...io, access: anyOf(roles('support'), owner('customerId')) }),
    'access',
  ],
  ['a page whose items have no owner', query({ access: owner('customerId'), ...page(Product) }), 'access'],
  ['public beside other rules', query({ ...io, access: anyOf('public', roles('support')) }), 'access'],
  ['an input that is no object', query({ ...io, input: z.array(text) }), 'input'],
  [
    'details of what strangers get',
    query({
      ...io,
      access: anyOf(owner('b'), roles('support')),
      errors: { CLOSED: conflict(), X: notFound(details), Y: notFound() },
    }),
    'errors.X',
  ],
  ['details that are no object', query({ ...io, errors: { X: notFound(text) } }), 'errors.X'],
  ['paged without a page', query({ ...io, paged: true }), ''],
])('refuses %s', (_, operation, path) => {
  expect(faultsWith(operation).map((fault) => fault.path)).toEqual([
    path === '' ? 'operations.op' : `operations.op.${path}`,
  ])
})

test.each<[string, Operation]>([
  ['an owner of a query', query({ ...io, access: owner('b') })],
  [
    'an owner of a page, which hides nothing',
    query({ access: owner('sku'), ...page(Product), errors: { X: notFound(details) } }),
  ],
  [
    'details of another thing than the one that is owned',
    query({ ...io, access: owner('b'), errors: { X: notFound(), Y: notFound(details) } }),
  ],
  ['an owner of a command, which ownerOf reads', command({ ...io, access: owner('customerId') })],
  ['an owner of a stream, which ownerOf reads', stream({ ...io, access: owner('customerId') })],
  [
    'internal callers beside a role',
    command({ ...io, access: anyOf('internal', roles('support')), http: { route: 'POST /x' } }),
  ],
  [
    'an enum and lists of numbers in a query string',
    query({
      ...io,
      input: z.object({ a: z.enum(['x', 'y']), b: z.array(z.int()).default([]) }),
      http: { route: 'GET /x' },
    }),
  ],
  [
    'a batch read',
    query({
      ...io,
      input: z.object({ skus: z.array(text).max(1_000) }),
      output: z.object({ products: z.array(Product) }),
    }),
  ],
])('takes %s', (_, operation) => {
  expect(faultsWith(operation)).toEqual([])
})

test.each([
  undefined,
  null,
  'everybody',
  {},
  { roles: [] },
  { roles: [1] },
  { scope: '' },
  { anyOf: [] },
  { roles: ['a'], scope: 'b' },
])('refuses the access %j at run time too', (access) => {
  const operation = { ...query(io), access } as unknown as Operation
  expect(faultsWith(operation).map((fault) => fault.path)).toEqual(['operations.op.access'])
})

test('refuses two operations on one route, and two names for one parameter', () => {
  const other = { ...io, input: z.object({ c: text }) }
  const faults = faultsOf(() =>
    contract('shop', {
      version: '1.0.0',
      operations: {
        one: query({ ...io, http: { route: 'GET /x/{a}' } }),
        two: query({ ...io, http: { route: 'GET /x/{a}' } }),
        three: command({ ...other, http: { route: 'POST /x/{c}' } }),
      },
    }),
  )
  expect(faults.map((fault) => fault.path)).toEqual([
    'operations.two.http.route',
    'operations.three.http.route',
  ])
})

test('says in its message what to mend', () => {
  expect(() =>
    contract('shop', {
      version: '1.0.0',
      operations: { op: query({ ...io, output: z.object({ at: z.date() }) }) },
    }),
  ).toThrow(/operations\.op\.output\.at: a Date is not JSON\. Use z\.iso\.datetime\(\)/)
})

const things = { route: 'GET /things' } as const
test.each<[string, Operation, string[]]>([
  [
    'a rule of caching on a POST',
    query({
      http: { route: 'POST /things' },
      access: 'public',
      input: empty,
      output: empty,
      cache: { maxAge: '5s' },
    }),
    ['operations.op.cache'],
  ],
  [
    'a rule of caching of what has no route',
    query({ access: 'internal', input: empty, output: empty, cache: { maxAge: '5s' } }),
    ['operations.op.cache'],
  ],
  [
    'parts of seconds, which no header can say',
    query({ http: things, access: 'public', input: empty, output: empty, cache: { maxAge: '1500ms' } }),
    ['operations.op.cache.maxAge'],
  ],
  [
    'no duration at all',
    query({ http: things, access: 'public', input: empty, output: empty, cache: { maxAge: '-1s' } }),
    ['operations.op.cache.maxAge'],
  ],
  [
    'an upload of nothing',
    upload({ access: 'internal', input: empty, output: empty, maxBytes: 0, contentTypes: ['image/png'] }),
    ['operations.op.maxBytes'],
  ],
  [
    'an upload of half a byte',
    upload({ access: 'internal', input: empty, output: empty, maxBytes: 1.5, contentTypes: ['image/png'] }),
    ['operations.op.maxBytes'],
  ],
  [
    'types that are none, and one twice',
    upload({
      access: 'internal',
      input: empty,
      output: empty,
      maxBytes: 1,
      contentTypes: ['image', 'Image/PNG', 'text/plain; charset=utf-8', 'image/*', 'a/b', 'a/b'],
    }),
    [0, 1, 2, 3, 5].map((index) => `operations.op.contentTypes[${index}]`),
  ],
  [
    'a field of an upload that no query string can say',
    upload({
      http: { route: 'PUT /things/{id}' },
      access: 'public',
      input: z.object({ id: z.string(), note: z.object({}) }),
      output: empty,
      maxBytes: 1,
      contentTypes: ['image/png'],
    }),
    ['operations.op.input.note'],
  ],
])('refuses %s', (_, operation, paths) => {
  expect(faultsWith(operation).map(({ path }) => path)).toEqual(paths)
})

test('refuses what JavaScript may write: a download without a type, an upload that is a GET', () => {
  // What the types refuse, as JavaScript would write it.
  const none: [string, ...string[]] = JSON.parse('[]')
  const get: { route: 'PUT /things' } = JSON.parse('{ "route": "GET /things" }')
  expect(
    faultsWith(download({ http: things, access: 'public', input: empty, contentTypes: none })),
  ).toMatchObject([{ path: 'operations.op.contentTypes', message: 'nothing could ever travel' }])
  const sent = { access: 'public', input: empty, output: empty, maxBytes: 1 } as const
  expect(faultsWith(upload({ ...sent, http: get, contentTypes: ['a/b'] }))).toMatchObject([
    { path: 'operations.op.http.route', advice: 'Use POST or PUT.' },
  ])
})
