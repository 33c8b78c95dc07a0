// `npm run build`: packages/archipel/dist and its docs, as they are published.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { shipDocs } from './shipped-docs.ts'

const root = join(import.meta.dirname, '..')
const source = join(root, 'packages/archipel/src')
const dist = join(root, 'packages/archipel/dist')

rmSync(dist, { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)

// What the compiler leaves behind: SQL and other files that the code reads beside itself.
for (const file of globSync('**/*.{sql,json,html}', { cwd: source })) {
  cpSync(join(source, file), join(dist, file), { recursive: true })
}

shipDocs(join(root, 'docs'), join(root, 'packages/archipel/docs'))
