import { expect, test } from 'vitest'
import { z } from 'zod'
import { isArchipelError } from '../../errors/index.ts'
import { contract, event } from '../index.ts'
import type { AnySchema, EventDefinition } from '../index.ts'

const text = z.string()
const Customer = z.object({
  id: text,
  email: text,
  address: z.object({ street: text, city: text }).nullable(),
  lines: z.array(z.object({ note: text.optional() })).optional(),
  contact: z.union([z.object({ phone: text }), z.object({ fax: text })]),
})

function faultsOf(definition: EventDefinition): unknown {
  try {
    contract('shop', { version: '1.0.0', operations: {}, events: { happened: definition } })
  } catch (error) {
    if (isArchipelError(error) && error.code === 'ARC_CONTRACT_INVALID') return error.details?.['issues']
    throw error
  }
  return []
}

const good: EventDefinition = event({ data: Customer, key: 'id', version: 1 })

test.each<[string, Partial<EventDefinition>, string]>([
  ['a key that is no text', { data: z.object({ id: z.int() }) }, 'key'],
  ['a key that is not there', { key: 'name' }, 'key'],
  ['a key that may be left out', { data: z.object({ id: text.optional() }) }, 'key'],
  ['a version that does not count', { version: 0 }, 'version'],
  ['data that is no object', { data: z.array(text) as AnySchema }, 'data'],
  ['a retention below a second', { retentionMs: 10 }, 'retention'],
])('refuses %s of an event', (_, change, path) => {
  expect(faultsOf({ ...good, ...change })).toMatchObject([{ path: `events.happened.${path}` }])
})

test.each([
  ['several patterns', text.regex(/a/).regex(/b/)],
  ['two schemas', z.intersection(text.min(1), text.max(9))],
  ['one of two texts', z.union([z.literal('all'), z.uuid()])],
])('takes a key that fits %s', (_, id) => {
  expect(faultsOf(event({ data: z.object({ id }), key: 'id', version: 1 }))).toEqual([])
})

test('refuses a retention that is no time', () => {
  const made = event({ data: Customer, key: 'id', version: 1, retention: 'soon' as '1d' })
  expect(faultsOf(made)).toMatchObject([{ path: 'events.happened.retention' }])
})

test('takes personal fields at any depth: in objects, in lists, in alternatives, and whole objects', () => {
  const personal = ['email', 'address.street', 'lines[].note', 'contact.phone', 'contact.fax', 'address']
  expect(faultsOf(event({ data: Customer, key: 'id', version: 1, personal }))).toEqual([])
})

test.each([
  [
    'mail',
    "'mail' leads nowhere: the data has no 'mail'",
    'Name one of: id, email, address, lines, contact.',
  ],
  ['address.zip', "'address.zip' leads nowhere: address has no 'zip'", 'Name one of: street, city.'],
  ['lines.note', "'lines.note' leads nowhere: lines has no 'note'", "It is a list: write 'lines[]'."],
  ['lines[].price', "'lines[].price' leads nowhere: lines[] has no 'price'", 'Name one of: note.'],
  ['email.host', "'email.host' leads nowhere: email has no 'host'", 'It is string: end the path there.'],
  ['id', "'id' is the key, which stands in logs and in lists of operators", 'Make an id the key.'],
])('refuses the personal field %s with an advice', (path, message, advice) => {
  expect(faultsOf(event({ data: Customer, key: 'id', version: 1, personal: [path] }))).toEqual([
    { path: 'events.happened.personal', message, advice },
  ])
})
