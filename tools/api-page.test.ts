import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiPage } from './api-page.ts'

test('docs/api.md says what the source says: `npm run docs:api` writes it anew', () => {
  expect(readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8')).toBe(apiPage())
})

test('a signature stands without its body, with what it is for, and with the options that it takes', () => {
  const page = apiPage()
  expect(page).toContain(
    '#### isUniqueViolation\n\nWhether the server refused a row because another one has its key',
  )
  expect(page).not.toContain('return ')
  for (const name of ['SubscriptionOptions', 'TokenOptions', 'TestApplicationOptions'])
    expect(page).toContain(`interface ${name}`)
})

test('what only extenders need stands last; types that signatures of applications name stand before', () => {
  const [forApplications = '', forExtenders = ''] = apiPage().split('\n## For who extends the framework\n')
  for (const name of ['RequiredOwner', 'Promised', 'QueryClient', 'CallOptions', 'standIn'])
    expect(forApplications).toContain(`#### ${name}\n`)
  for (const name of ['EventLog', 'InboxStore', 'Seams', 'createVirtualTime', 'CallRequest']) {
    expect(forApplications).not.toContain(`#### ${name}\n`)
    expect(forExtenders).toContain(`#### ${name}\n`)
  }
})
