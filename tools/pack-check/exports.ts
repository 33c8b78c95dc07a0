// Every entry of the package can be imported, and says a name or two that it is known for.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const manifest: { exports: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('./node_modules/archipel/package.json', import.meta.url), 'utf8'),
)
const known: Record<string, string> = {
  '.': 'service',
  './testing': 'startTestApplication',
  './testing/vitest-setup': 'setup',
}
for (const entry of Object.keys(manifest.exports).filter((each) => !each.endsWith('.json'))) {
  const name = entry.replace('.', 'archipel')
  const exported: Record<string, unknown> = await import(name)
  assert.ok(Object.hasOwn(exported, known[entry] ?? ''), `${name} does not export ${known[entry]}`)
}
