// `npm run -s show -- NAME`: shows one pattern at work in a boutique of its own, and what happens when it goes wrong.
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** What each file here exports. Resolves when everything promised was seen. */
interface ShowFile {
  show(): Promise<void>
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))
const { positionals } = parseArgs({ allowPositionals: true })
const [name = ''] = positionals

if (!names.includes(name) || positionals.length !== 1) {
  console.error(
    `Say what to show, as in: npm run -s show -- saga\n\n${names.map((known) => `  ${known}`).join('\n')}`,
  )
  process.exit(64)
}

const { show } = (await import(`./${name}.ts`)) as ShowFile
const began = performance.now()
try {
  await show()
  console.log(`\nshown: ${name}, in ${((performance.now() - began) / 1000).toFixed(1)} s`)
} catch (failure) {
  console.error(`\nNOT shown: ${name}\n`, failure)
  process.exitCode = 1
}
