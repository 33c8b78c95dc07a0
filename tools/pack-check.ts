// Packs `archipel`, installs the tarball in a project of its own, and uses it as a stranger would: type-checks a tiny
// service there, with nothing of this repository in reach, runs it, and calls the `archipel` command.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const bin = (file: string) => join(root, 'node_modules', file)
const project = mkdtempSync(join(tmpdir(), 'archipel pack-'))

try {
  run('build', root, [process.execPath, 'tools/build.ts'])
  npm('pack', join(root, 'packages/archipel'), 'pack', '--silent', '--pack-destination', project)
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack left no tarball')

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
    `./${tarball}`,
  )
  run('types', project, [
    process.execPath,
    bin('typescript/bin/tsc'),
    '-p',
    '.',
    '--typeRoots',
    bin('@types'),
  ])
  run('service', project, [process.execPath, 'service.ts'])
  npm('command', project, 'exec', '--', 'archipel', 'contract', 'show', './contract.ts')
  npm('command: doctor', project, 'exec', '--', 'archipel', 'doctor')
} finally {
  rmSync(project, { recursive: true, force: true })
}

/** The npm that called us, run by the pinned Node; else the one in PATH. */
function npm(name: string, cwd: string, ...args: string[]): void {
  const cli = process.env['npm_execpath']
  run(
    name,
    cwd,
    cli !== undefined && basename(cli) === 'npm-cli.js' ? [process.execPath, cli, ...args] : ['npm', ...args],
  )
}

function run(name: string, cwd: string, [command = '', ...args]: readonly string[]): void {
  const started = performance.now()
  // Ports of this machine may be taken.
  const env = { ...process.env, PORT: '0', PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}`,
  )
  if (status !== 0) throw new Error(`${name} failed`, { cause: error })
}
