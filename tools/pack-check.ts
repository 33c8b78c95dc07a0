// Packs `archipel`, installs the tarball in projects of their own, and uses it as strangers would, with nothing of this
// repository in reach: every export is imported, a tiny service runs, and the first service of the guide is built by copying.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  cpSync,
  globSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { filesIn } from './guide-files.ts'
import { npm, run, runGuide } from './pack-check-steps.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'archipel pack-'))

try {
  run('build', root, [process.execPath, 'tools/build.ts'])
  npm('pack', join(root, 'packages/archipel'), 'pack', '--silent', '--pack-destination', folder)
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error('npm pack left no tarball')
  const tarball = join(folder, name)
  stranger(join(folder, 'stranger'), tarball)
  await firstService(join(folder, 'first service'), tarball)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Somebody who writes a tiny service in one file, with strict settings. */
function stranger(project: string, tarball: string): void {
  cpSync(join(root, 'tools/pack-check'), project, { recursive: true })
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, type: 'module' }),
  )
  npm(
    'install',
    project,
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--loglevel=error',
    tarball,
    'vitest@5.1.1',
  )
  const bin = (file: string) => join(root, 'node_modules', file)
  const types = [bin('typescript/bin/tsc'), '-p', '.', '--typeRoots', bin('@types')]
  run('types', project, [process.execPath, ...types])
  run('exports', project, [process.execPath, 'exports.ts'])
  run('service', project, [process.execPath, 'service.ts'])
  npm('command', project, 'exec', '--', 'archipel', 'contract', 'show', './contract.ts')
  npm('command: doctor', project, 'exec', '--', 'archipel', 'doctor')
  refuseDeadLinks(join(project, 'node_modules/archipel'))
}

/** Somebody who copies what the guide says. */
async function firstService(project: string, tarball: string): Promise<void> {
  const guide = readFileSync(join(root, 'docs/guides/your-first-service.md'), 'utf8')
  for (const [path, text] of filesIn(guide)) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  await runGuide(project, guide, tarball)
}

/** What the package ships leads to what it ships. */
function refuseDeadLinks(installed: string): void {
  const dead = globSync(['README.md', 'docs/**/*.md'], { cwd: installed }).flatMap((page) =>
    [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => join(dirname(page), target))
      .filter((target) => !existsSync(join(installed, target)))
      .map((target) => `${page}: ${target}`),
  )
  if (dead.length > 0) throw new Error(`dead links in the package:\n${dead.join('\n')}`)
}
