import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shipDocs, shipped } from './shipped-docs.ts'

test('what the package lacks is neither linked nor cited', () => {
  const page = `One ([decision 2](../decisions/0002.md), [3](../decisions/0003.md)), [two](../decisions/0004.md),
[three](saga.md) ([more](saga.md)), [four](https://example.org).\n\n**See it.**\n\nnpm run show\n`
  expect(shipped('patterns/inbox.md', page, ['patterns/saga.md'])).toBe(
    'One, two,\n[three](saga.md) ([more](saga.md)), [four](https://example.org).\n\n',
  )
})

test('a page that speaks of the example shop says whose words those are', () => {
  const page = '[`placeOrder`](../../examples/boutique/orders/service.ts) asks.\n'
  expect(shipped('patterns/inbox.md', page, [])).toMatch(
    /^`placeOrder` asks\.\n\n.* the example shop, in .*\n$/,
  )
})

test('no page that ships speaks of decisions, files or scripts of the repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'archipel docs-'))
  try {
    shipDocs(join(import.meta.dirname, '../docs'), folder)
    const said = globSync('**/*.md', { cwd: folder }).flatMap((page) =>
      readFileSync(join(folder, page), 'utf8')
        .split('\n')
        .filter((line) =>
          /\bdecision \d|\baccess\.txt|examples\/|npm run docs|npm run -s show|\(why\)/.test(line),
        )
        .map((line) => `${page}: ${line}`),
    )
    expect(said).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
