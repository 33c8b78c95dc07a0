import { spawn, spawnSync } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { commandsIn, promisedIn } from './guide-files.ts'

/** Ports of this machine may be taken. */
const surroundings = {
  ...process.env,
  PORT: '0',
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
}

/** The npm that called us, run by the pinned Node; else the one in PATH. */
export function npm(name: string, cwd: string, ...args: string[]): void {
  const cli = process.env['npm_execpath']
  run(
    name,
    cwd,
    cli !== undefined && basename(cli) === 'npm-cli.js' ? [process.execPath, cli, ...args] : ['npm', ...args],
  )
}

/** Runs one step and says how long it took. @returns what it printed, where that is asked for. */
export function run(
  name: string,
  cwd: string,
  [command = '', ...args]: readonly string[],
  { env = surroundings, output = 'inherit' }: { env?: NodeJS.ProcessEnv; output?: 'inherit' | 'pipe' } = {},
): string {
  const started = performance.now()
  const { status, error, stdout } = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', output, 'inherit'],
    encoding: 'utf8',
  })
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}`,
  )
  if (status !== 0) throw new Error(`${name} failed`, { cause: error })
  return stdout ?? ''
}

/** Types what the guide says, in its order: installs, starts, asks, tests; and compares the answers that it promises. */
export async function runGuide(project: string, guide: string, tarball: string): Promise<void> {
  for (const commands of commandsIn(guide)) {
    if (commands.startsWith('npm start')) continue
    if (commands.includes('curl')) await ask(project, commands)
    else {
      const given = commands.replace('npm install archipel', `npm install --prefer-offline '${tarball}'`)
      run(`guide: ${commands.split('\n')[0]}`, project, ['bash', '-euc', given])
    }
  }
}

async function ask(project: string, requests: string): Promise<void> {
  const shop = spawn(process.execPath, ['development.ts'], { cwd: project, env: surroundings })
  const ended = new Promise((resolve) => shop.once('exit', resolve))
  try {
    const { url, token } = await printedBy(shop.stdout)
    const given = requests.replace(/^export .*$/m, `URL=${url} TOKEN=${token}`)
    const answers = run('guide: requests', project, ['bash', '-euc', given], { output: 'pipe' })
    const [promised, got] = [promisedIn(requests), promisedIn(answers)]
    if (promised.length === 0 || promised.join() !== got.join())
      throw new Error(`the guide promises\n  ${promised.join('\n  ')}\nand got\n  ${got.join('\n  ')}`)
  } finally {
    shop.kill()
    await ended
  }
}

async function printedBy(output: NodeJS.ReadableStream): Promise<{ url: string; token: string }> {
  let url = ''
  for await (const line of createInterface({ input: output })) {
    if (line.startsWith('http://')) url = line
    if (line.startsWith('TOKEN=')) return { url, token: line.slice('TOKEN='.length) }
  }
  throw new Error('the application of the guide ended before it said where it is')
}
