import { expect, test } from 'vitest'
import { ArchipelError, frameworkError } from '../../errors/index.ts'
import { jsonCopy } from '../json-copy.ts'
import { outcomeOf } from './outcome-of.ts'

const declared = (kind: 'refused' | 'unavailable') =>
  new ArchipelError({ code: 'NO', kind, message: 'no', declaredBy: 'inventory' })

test.each([
  ['a declared final error', declared('refused'), 'refused'],
  ['a key that was withdrawn', frameworkError('ARC_WITHDRAWN', 'undone first'), 'refused'],
  ['a declared error that may pass', declared('unavailable'), 'unknown'],
  ['a refusal by access, before the record', frameworkError('ARC_FORBIDDEN', 'no'), 'unknown'],
  ['a refusal by validation, before the record', frameworkError('ARC_INPUT_INVALID', 'no'), 'unknown'],
  ['a limit', frameworkError('ARC_LIMITED', 'no'), 'unknown'],
  ['a request at work', frameworkError('ARC_KEY_IN_PROGRESS', 'wait', { retryAfterMs: 1_000 }), 'unknown'],
  ['an error from anywhere', new Error('oops'), 'unknown'],
  ['a key with another input', frameworkError('ARC_KEY_REUSED', 'other'), 'impossible'],
])('%s is %s', (_what, error, is) => {
  expect(outcomeOf('key', error)).toMatchObject({ is, key: 'key' })
})

test.each([
  ['a date', { at: new Date(0) }, '.at is a Date'],
  ['not a number', [1, Number.NaN], '[1] is NaN'],
  ['a function', { f: () => 1 }, '.f is of type function'],
  ['a bigint', { n: 1n }, '.n is of type bigint'],
])('%s is refused as JSON, with its path', (_what, value, message) => {
  expect(() => jsonCopy(value, 'it')).toThrow(message)
})

test('a value that contains itself is refused', () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  expect(() => jsonCopy(loop, 'it')).toThrow('contains itself')
})

test('a copy shares nothing with its original and can not be changed', () => {
  const original = { list: [{ a: 1 }], gone: undefined }
  const copy = jsonCopy(original, 'it')
  expect(copy).toEqual({ list: [{ a: 1 }] })
  original.list.push({ a: 2 })
  expect(copy).toEqual({ list: [{ a: 1 }] })
  expect(Object.isFrozen(copy)).toBe(true)
})
