import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { drawMap } from './map.ts'

test.each(['README.md', 'docs/patterns/context-map.md'])('%s shows the shop as it is', async (page) => {
  const text = await readFile(new URL(`../../../../${page}`, import.meta.url), 'utf8')
  expect(text).toContain(`\`\`\`mermaid\n${drawMap()}\n\`\`\``)
})
