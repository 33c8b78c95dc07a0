import { expect, test } from 'vitest'
import { Kind } from './contract.ts'
import { oneLine, textOf } from './templates.ts'

const occasion = {
  name: 'Zoë Müller',
  orderId: '019a5c7e-0000-7000-8000-000000000001',
  amount: { amount: 123_456, currency: 'GBP' as const },
  trackingNumber: 'BQ123',
  rejection: 'OUT_OF_STOCK',
}

test.each(Kind.options)('%s names the person and the order', (kind) => {
  const { subject, text } = textOf(kind, occasion)
  expect(subject).toMatch(/^[\x20-\x7e]{5,60}$/)
  expect(text).toContain('Dear Zoë Müller,\n')
  expect(text).toContain(occasion.orderId)
})

test('amounts, tracking numbers and reasons are in the text', () => {
  expect(textOf('orderPaid', occasion).text).toContain('£1,234.56')
  expect(textOf('orderRefunded', { ...occasion, amount: { amount: 5, currency: 'GBP' } }).text).toContain(
    '£0.05',
  )
  expect(textOf('orderDispatched', occasion).text).toContain('BQ123')
  expect(textOf('orderRejected', occasion).text).toContain('enough of it in stock')
})

test.each(['A\r\nBcc: all@example.com', 'A\u0000\u0085B', 'A\u2028B', `A${'b'.repeat(500)}`])(
  'a name is one short line, whatever an old account holds: %j',
  (name) => {
    expect(oneLine(name)).toMatch(/^[^\r\n\u0000\u0085\u2028]{1,100}$/)
    expect(textOf('orderPaid', { ...occasion, name }).text.split('\n')[0]).toBe(`Dear ${oneLine(name)},`)
  },
)
