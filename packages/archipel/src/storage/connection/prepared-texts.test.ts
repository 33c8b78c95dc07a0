import { expect, test } from 'vitest'
import { createPreparedTexts } from './prepared-texts.ts'

test('a text gets its name when it comes again, and keeps it', () => {
  const texts = createPreparedTexts()
  expect([1, 2, 3].map(() => texts.nameOf('select 1'))).toEqual([
    undefined,
    'archipel_text_1',
    'archipel_text_1',
  ])
  expect(texts.nameOf('select 2')).toBeUndefined()
  expect(texts.nameOf('select 2')).toBe('archipel_text_2')
})

test('neither names nor memories grow without bound', () => {
  const texts = createPreparedTexts()
  for (let n = 0; n < 10_000; n++) texts.nameOf(`select ${n}`)
  expect(texts.nameOf('select 0')).toBeUndefined()
  const named = Array.from(
    { length: 1_000 },
    (_, n) => (texts.nameOf(`again ${n}`), texts.nameOf(`again ${n}`)),
  )
  expect(named.filter((name) => name !== undefined)).toHaveLength(100)
})
