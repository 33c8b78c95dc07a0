import { expect, test } from 'vitest'
import { mailFaults, mailSettings, withoutPassword } from './mail-settings.ts'

test('without any variable letters go to the local mailbox', () => {
  expect(mailFaults({})).toEqual([])
  expect(mailSettings({})).toEqual({ server: undefined, from: 'orders@boutique.example' })
})

test.each(['smtp://mail.example.com', 'smtps://user:s3cret@mail.example.com:465'])(
  '%s is a mail server',
  (url) => {
    expect(mailFaults({ SMTP_URL: url, SMTP_FROM: 'shop@example.com' })).toEqual([])
    expect(withoutPassword(url)).not.toContain('s3cret')
  },
)

test.each(['', 'mail.example.com', 'http://user:s3cret@mail.example.com', 'smtp://', '25'])(
  "'%s' is none, and its password is not shown",
  (url) => {
    const faults = mailFaults({ SMTP_URL: url, SMTP_FROM: 'shop' })
    expect(faults.map(({ path }) => path)).toEqual(['SMTP_URL', 'SMTP_FROM'])
    expect(JSON.stringify(faults)).not.toContain('s3cret')
  },
)
