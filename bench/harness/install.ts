import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = new URL('../', import.meta.url)
const stamp = new URL('node_modules/.archipel-installed', folder)

/** Installs the peers if they are missing or older than the lock file. Users of Archipel never get here. */
export async function installPeers(): Promise<void> {
  const lock = await readFile(new URL('package-lock.json', folder))
  const state = `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}`
  if ((await readFile(stamp, 'utf8').catch(() => '')) === state) return
  console.error('bench: installing the peers (npm ci) …')
  const { command, before } = npmCommand()
  const args = [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = spawn(command, args, {
    cwd: fileURLToPath(folder),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  const [code] = (await once(npm, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`npm ci in bench/ ended with ${code}`)
  await writeFile(stamp, state)
}

/** The npm that runs us, on its own Node; else the one in PATH. */
function npmCommand(): { command: string; before: string[] } {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env
  const known = cli !== undefined && node !== undefined && basename(cli) === 'npm-cli.js'
  return known && process.platform !== 'win32'
    ? { command: node, before: [cli] }
    : { command: 'npm', before: [] }
}
