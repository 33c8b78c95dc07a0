import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MASKED, maskPersonal, personalTexts } from './personal.ts'

const data = {
  orderId: 'o-1',
  email: 'ann@example.org',
  address: { street: 'High Street 1', city: 'Leeds' },
  lines: [{ note: 'for Ann' }, { note: null }, {}],
  phone: 441_134_960,
}
const paths = ['email', 'address.street', 'lines[].note', 'phone', 'nickname', 'email.host']

test('masks personal fields wherever they stand and leaves the rest as it is', () => {
  expect(maskPersonal(paths, data)).toEqual({
    orderId: 'o-1',
    email: MASKED,
    address: { street: MASKED, city: 'Leeds' },
    lines: [{ note: MASKED }, { note: null }, {}],
    phone: MASKED,
  })
  expect(maskPersonal(['address'], data)).toMatchObject({ address: MASKED, email: data.email })
  expect(data.email).toBe('ann@example.org')
})

test('gives the personal values as texts, the longest first', () => {
  expect(personalTexts([...paths, 'address'], data)).toEqual([
    'ann@example.org',
    'High Street 1',
    '441134960',
    'for Ann',
    'Leeds',
  ])
})

test('no value of a personal field is left in what is shown', () => {
  const value = fc.oneof(fc.string({ minLength: 8 }), fc.record({ inner: fc.string({ minLength: 8 }) }))
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value), (object) => {
      const shown = maskPersonal(Object.keys(object), object)
      expect(Object.values(shown).every((each) => each === MASKED)).toBe(true)
      expect(personalTexts(Object.keys(shown), shown)).toEqual(Object.keys(shown).length > 0 ? [MASKED] : [])
    }),
  )
})
