import { expect, test } from 'vitest'
import {
  ArchipelError,
  ERROR_CATALOGUE,
  ERROR_KINDS,
  frameworkError,
  isArchipelError,
  isErrorKind,
} from './index.ts'

test('every code begins with ARC_ and has a sentence that says what and one that says what to do', () => {
  for (const [code, { summary, advice }] of Object.entries(ERROR_CATALOGUE)) {
    expect(code).toMatch(/^ARC_[A-Z]+(_[A-Z]+)*$/)
    expect(summary, code).toMatch(/\.$/)
    expect(advice, code).toMatch(/\.$/)
  }
})

test('an error of the catalogue has its kind, and whether it is final follows from the kind', () => {
  expect(frameworkError('ARC_KEY_REUSED', 'key k')).toMatchObject({
    kind: 'refused',
    final: true,
    effect: 'none',
  })
  expect(frameworkError('ARC_UNAVAILABLE', 'away')).toMatchObject({ kind: 'unavailable', final: false })
})

test('an error made by another copy of the package is recognised, an ordinary one is not', () => {
  const foreign = Object.defineProperty(new Error('foreign'), Symbol.for('archipel.error'), { value: true })
  expect(isArchipelError(foreign)).toBe(true)
  expect(isArchipelError(new Error('ordinary'))).toBe(false)
  expect(isArchipelError(undefined)).toBe(false)
})

test('the cause stays beside the message', () => {
  const cause = new Error('socket closed')
  expect(new ArchipelError({ code: 'X', kind: 'internal', message: 'm', cause }).cause).toBe(cause)
})

test('names of the prototype are no kinds', () => {
  expect(isErrorKind('constructor')).toBe(false)
  for (const kind of Object.keys(ERROR_KINDS)) expect(isErrorKind(kind)).toBe(true)
})
