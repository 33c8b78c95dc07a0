import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandsIn, filesIn, promisedIn } from './guide-files.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const guide = read('docs/guides/your-first-service.md')

test('a guide says its files by name, and what a reader types', () => {
  const files = filesIn(
    '`a/b.ts`, which says\nmore:\n\n```ts\none\n```\n\n`c.ts` runs.\n\n```bash\nls\n# HTTP/1.1 200 OK\n```\n',
  )
  expect([...files]).toEqual([['a/b.ts', 'one\n']])
  expect(commandsIn('```sh\nls\n```\n\n```bash\ncat\n```\n')).toEqual(['ls', 'cat'])
  expect(promisedIn('# HTTP/1.1 200 OK\n{}HTTP/1.1 409 Conflict\r\n')).toEqual([
    'HTTP/1.1 200 OK',
    'HTTP/1.1 409 Conflict',
  ])
})

test('the first service is whole', () => {
  const names = [...filesIn(guide).keys()]
  expect(names).toEqual(
    expect.arrayContaining([
      'package.json',
      'tsconfig.json',
      'loyalty/service.ts',
      'loyalty/loyalty.test.ts',
    ]),
  )
  expect(promisedIn(guide).length).toBeGreaterThan(5)
})

test('it installs the versions that the suite runs with', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  for (const name of ['typescript', 'vitest']) expect(guide).toContain(` ${name}@${devDependencies[name]}`)
})
