import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  anyOf,
  command,
  compareContracts,
  conflict,
  contract,
  download,
  limited,
  notFound,
  owner,
  query,
  refused,
  roles,
  scope,
  upload,
} from '../index.ts'
import type { Access, Contract, EventDefinition, Operation } from '../index.ts'

function shop(operations: Record<string, Operation>, events: Record<string, EventDefinition> = {}): Contract {
  return contract('shop', { version: '1.0.0', operations, events })
}

/** The verdicts of a comparison: `+` compatible, `-` breaking, then the path. */
function verdicts(older: Contract, newer: Contract): readonly string[] {
  return compareContracts(older, newer).map(({ compatible, path }) => `${compatible ? '+' : '-'} ${path}`)
}

const none = z.object({})
const taking = (input: z.ZodType): Contract =>
  shop({ op: query({ access: 'internal', input, output: none }) })
const giving = (output: z.ZodType): Contract =>
  shop({ op: query({ access: 'internal', input: none, output }) })
const field = (part: z.ZodType): z.ZodType => z.object({ a: part })

const a = z.string()
const circle = z.object({ kind: z.literal('circle'), radius: z.number() })
const square = z.object({ kind: z.literal('square'), side: z.number() })
const Tree = z.object({
  name: a,
  get inner() {
    return z.array(Tree)
  },
})
const Wider = z.object({
  name: a,
  note: a.optional(),
  get inner() {
    return z.array(Wider)
  },
})

// What changed in a schema, whether callers who send the older form go on, and whether readers of the older form do.
test.each<[string, z.ZodType, z.ZodType, sent: string[], read: string[]]>([
  ['nothing', field(a), field(a), [], []],
  ['a new optional field', none, field(a.optional()), ['+ .a'], ['+ .a']],
  ['a new field with a default', none, field(a.default('x')), ['+ .a'], ['+ .a']],
  ['a new required field', none, field(a), ['- .a'], ['+ .a']],
  ['a second pattern', field(a.regex(/x/)), field(a.regex(/x/).regex(/y/)), ['- .a'], ['+ .a']],
  [
    'a third pattern',
    field(a.regex(/x/).regex(/y/)),
    field(a.regex(/y/).regex(/x/).regex(/z/)),
    ['- .a'],
    ['+ .a'],
  ],
  ['one pattern of two', field(a.regex(/x/).regex(/y/)), field(a.regex(/x/)), ['+ .a'], ['- .a']],
  [
    'another second pattern',
    field(a.regex(/x/).regex(/y/)),
    field(a.regex(/x/).regex(/z/)),
    ['- .a'],
    ['- .a'],
  ],
  ['a field that is gone', field(a), none, ['- .a'], ['- .a']],
  ['an optional field that is gone', field(a.optional()), none, ['- .a'], ['- .a']],
  ['a field that becomes optional', field(a), field(a.optional()), ['+ .a'], ['- .a']],
  ['a field that becomes required', field(a.optional()), field(a), ['- .a'], ['+ .a']],
  ['another type', field(a), field(z.boolean()), ['- .a', '+ .a'], ['+ .a', '- .a']],
  [
    'whole numbers to all numbers',
    field(z.int().min(0).max(9)),
    field(z.number().min(0).max(9)),
    ['+ .a'],
    ['- .a'],
  ],
  ['null as well', field(a), field(a.nullable()), ['+ .a'], ['- .a']],
  ['null no more', field(a.nullable()), field(a), ['- .a'], ['+ .a']],
  ['one more value', field(z.enum(['x'])), field(z.enum(['x', 'y'])), ['+ .a'], ['- .a']],
  ['one value less', field(z.enum(['x', 'y'])), field(z.enum(['x'])), ['- .a'], ['+ .a']],
  ['values bound', field(a), field(z.enum(['x'])), ['- .a'], ['+ .a']],
  ['another constant', field(z.literal('x')), field(z.literal('y')), ['- .a', '+ .a'], ['+ .a', '- .a']],
  ['a higher maximum', field(a.max(5)), field(a.max(9)), ['+ .a'], ['- .a']],
  ['a lower maximum', field(a.max(9)), field(a.max(5)), ['- .a'], ['+ .a']],
  ['a higher minimum', field(z.int().min(1)), field(z.int().min(2)), ['- .a'], ['+ .a']],
  ['a pattern', field(a), field(a.regex(/^x/)), ['- .a'], ['+ .a']],
  ['another pattern', field(a.regex(/^x/)), field(a.regex(/^y/)), ['- .a'], ['- .a']],
  ['a change in an item', field(z.array(none)), field(z.array(field(a))), ['- .a[].a'], ['+ .a[].a']],
  ['a change in a tuple', field(z.tuple([a])), field(z.tuple([a.max(3)])), ['- .a[0]'], ['+ .a[0]']],
  [
    'one more alternative',
    field(circle),
    field(z.discriminatedUnion('kind', [circle, square])),
    ['+ .a'],
    ['- .a'],
  ],
  [
    'one alternative less',
    field(z.discriminatedUnion('kind', [circle, square])),
    field(square),
    ['- .a'],
    ['+ .a'],
  ],
  [
    'alternatives in another order',
    field(z.union([circle, square])),
    field(z.union([square, circle])),
    [],
    [],
  ],
  [
    'a change in one alternative',
    field(z.union([circle, square])),
    field(z.union([circle.extend({ x: a }), square])),
    ['- .a.x'],
    ['+ .a.x'],
  ],
  ['a change in a recursion', Tree, Wider, ['+ .note'], ['+ .note']],
  ['another default', field(a.default('x')), field(a.default('y')), ['+ .a'], ['+ .a']],
])('judges %s in both directions', (_, older, newer, sent, read) => {
  const at = (place: string) => (verdict: string) => verdict.replace(' ', ` operations.op.${place}`)
  expect(verdicts(taking(older), taking(newer))).toEqual(sent.map(at('input')))
  expect(verdicts(giving(older), giving(newer))).toEqual(read.map(at('output')))
})

test('judges the members of a record', () => {
  const [older, newer] = [field(z.record(a, z.string().max(5))), field(z.record(a, z.string().max(9)))]
  expect(verdicts(taking(older), taking(newer))).toEqual(['+ operations.op.input.a{}'])
  expect(verdicts(giving(older), giving(newer))).toEqual(['- operations.op.output.a{}'])
})

const base = { input: field(a), output: field(a) } as const
const routed = (http: { route: `GET /${string}` }): Contract =>
  shop({ op: query({ ...base, access: 'public', http }) })
const granting = (access: Access): Contract => shop({ op: command({ ...base, access }) })
const failing = (errors: Parameters<typeof command>[0]['errors']): Contract =>
  shop({ op: command({ ...base, access: 'internal', ...(errors && { errors }) }) })
const publishing = (events: Record<string, EventDefinition>): Contract => shop({}, events)
const happened = (data: z.ZodType, version = 1, key = 'id'): EventDefinition => ({
  data,
  key,
  version,
  personal: [],
  retentionMs: undefined,
})
const id = z.object({ id: a, other: a })

test.each<[string, Contract, Contract, string[]]>([
  ['a new operation', shop({}), granting('public'), ['+ operations.op']],
  ['an operation that is gone', granting('public'), shop({}), ['- operations.op']],
  [
    'another kind',
    granting('internal'),
    shop({ op: query({ ...base, access: 'internal' }) }),
    ['- operations.op'],
  ],
  [
    'an answer that becomes a secret',
    granting('internal'),
    shop({ op: command({ ...base, access: 'internal', secret: true }) }),
    ['- operations.op.secret'],
  ],
  ['access for all, then for a role', granting('public'), granting(roles('a')), ['- operations.op.access']],
  ['access for a role, then for all', granting(roles('a')), granting('public'), ['+ operations.op.access']],
  [
    'access for another role',
    granting(roles('a')),
    granting(roles('b')),
    ['- operations.op.access', '+ operations.op.access'],
  ],
  ['access for one role more', granting(roles('a')), granting(roles('a', 'b')), ['+ operations.op.access']],
  ['access written in another way', granting(roles('a', 'b')), granting(anyOf(roles('b'), roles('a'))), []],
  [
    'access by scope instead of owner',
    granting(owner('a')),
    granting(scope('a')),
    ['- operations.op.access', '+ operations.op.access'],
  ],
  ['another route', routed({ route: 'GET /a' }), routed({ route: 'GET /b' }), ['- operations.op.http.route']],
  [
    'a first route',
    shop({ op: query({ ...base, access: 'public' }) }),
    routed({ route: 'GET /a' }),
    ['+ operations.op.http'],
  ],
  [
    'no route any more',
    routed({ route: 'GET /a' }),
    shop({ op: query({ ...base, access: 'public' }) }),
    ['- operations.op.http'],
  ],
  [
    'a new error of a known kind',
    failing({ X: conflict() }),
    failing({ X: conflict(), Y: conflict() }),
    ['+ operations.op.errors.Y'],
  ],
  [
    'a new error of a kind that is always known',
    failing({}),
    failing({ Y: limited() }),
    ['+ operations.op.errors.Y'],
  ],
  [
    'a new error of a new kind',
    failing({ X: conflict() }),
    failing({ X: conflict(), Y: refused() }),
    ['- operations.op.errors.Y'],
  ],
  ['an error that is gone', failing({ X: conflict() }), failing({}), ['+ operations.op.errors.X']],
  [
    'an error of another kind',
    failing({ X: conflict() }),
    failing({ X: notFound() }),
    ['- operations.op.errors.X'],
  ],
  ['first details', failing({ X: conflict() }), failing({ X: conflict(id) }), ['+ operations.op.errors.X']],
  [
    'no details any more',
    failing({ X: conflict(id) }),
    failing({ X: conflict() }),
    ['- operations.op.errors.X'],
  ],
  [
    'one detail less',
    failing({ X: conflict(id) }),
    failing({ X: conflict(z.object({ id: a })) }),
    ['- operations.op.errors.X.other'],
  ],
  ['a new event', publishing({}), publishing({ done: happened(id) }), ['+ events.done']],
  ['an event that is gone', publishing({ done: happened(id) }), publishing({}), ['- events.done']],
  [
    'one field more in an event',
    publishing({ done: happened(id) }),
    publishing({ done: happened(id.extend({ x: a })) }),
    ['+ events.done.data.x'],
  ],
  [
    'one field less in an event',
    publishing({ done: happened(id) }),
    publishing({ done: happened(z.object({ id: a })) }),
    ['- events.done.data.other'],
  ],
  [
    'another key of an event',
    publishing({ done: happened(id) }),
    publishing({ done: happened(id, 1, 'other') }),
    ['- events.done.key'],
  ],
  [
    'a higher version instead of the lower',
    publishing({ done: happened(id) }),
    publishing({ done: happened(id, 2) }),
    ['- events.done.version'],
  ],
  [
    'a lower version',
    publishing({ done: happened(id, 2) }),
    publishing({ done: happened(id) }),
    ['- events.done.version'],
  ],
  ['another name', shop({}), contract('store', { version: '1.0.0', operations: {} }), ['- name']],
])('judges %s', (_, older, newer, expected) => {
  expect(verdicts(older, newer)).toEqual(expected)
})

test('gives an advice for everything that breaks, and names the direction', () => {
  const older = shop(
    { op: command({ ...base, access: 'public', errors: { X: conflict(id) } }) },
    { done: happened(id) },
  )
  const newer = shop(
    { op: command({ input: none, output: none, access: 'public', errors: { X: conflict(none) } }) },
    { done: happened(z.object({ id: a })) },
  )
  const changes = compareContracts(older, newer)
  expect([...new Set(changes.map(({ direction }) => direction))]).toEqual([
    'input',
    'answer',
    'error',
    'event',
  ])
  for (const { compatible, advice } of changes) expect(advice === '').toBe(compatible)
})

test('takes a renamed path parameter for a changed input, not for another route', () => {
  const one = shop({ op: query({ ...base, access: 'public', http: { route: 'GET /x/{a}' } }) })
  const two = shop({
    op: query({
      input: z.object({ b: a }),
      output: field(a),
      access: 'public',
      http: { route: 'GET /x/{b}' },
    }),
  })
  expect(verdicts(one, two)).toEqual(['- operations.op.input.a', '- operations.op.input.b'])
})

test('an upload may take more, never less', () => {
  const taking = (maxBytes: number, ...contentTypes: [string, ...string[]]) =>
    shop({ op: upload({ access: 'internal', input: none, output: none, maxBytes, contentTypes }) })
  const older = taking(1_000, 'image/png', 'image/gif')
  expect(verdicts(older, older)).toEqual([])
  expect(verdicts(older, taking(2_000, 'image/png', 'image/gif', 'image/webp'))).toEqual([
    '+ operations.op.contentTypes',
    '+ operations.op.maxBytes',
  ])
  expect(verdicts(older, taking(999, 'image/png'))).toEqual([
    '- operations.op.contentTypes',
    '- operations.op.maxBytes',
  ])
})

test('a download may give fewer types, never one that nobody knows', () => {
  const giving = (...contentTypes: [string, ...string[]]) =>
    shop({ op: download({ access: 'internal', input: none, contentTypes }) })
  const older = giving('image/png', 'image/gif')
  expect(verdicts(older, giving('image/png'))).toEqual(['+ operations.op.contentTypes'])
  expect(verdicts(older, giving('image/png', 'image/gif', 'image/webp'))).toEqual([
    '- operations.op.contentTypes',
  ])
})

test('how long an answer is kept breaks nobody', () => {
  const kept = (cache?: { maxAge: `${number}s` }) =>
    shop({
      op: query({
        http: { route: 'GET /things' },
        access: 'public',
        input: none,
        output: none,
        ...(cache && { cache }),
      }),
    })
  expect(verdicts(kept(), kept({ maxAge: '5s' }))).toEqual(['+ operations.op.cache'])
  expect(verdicts(kept({ maxAge: '5s' }), kept({ maxAge: '1s' }))).toEqual(['+ operations.op.cache'])
})
