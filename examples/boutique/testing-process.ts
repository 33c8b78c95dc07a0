import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectTo, type Door } from './testing-door.ts'

/** The shop's main program as a process of its own. */
export interface ShopProcess extends AsyncDisposable {
  readonly id: number
  /** Where it says that it listens. */
  readonly url: string
  readonly operationsUrl: string
  readonly providerUrl: string
  readonly dataFolder: string
  signIn(role: string): Promise<Door>
  /** All that it printed until now. */
  output(): string
  /** Sends a signal and waits for the end. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly tookMs: number
  /** All that it printed, errors included. */
  readonly output: string
}

export interface ShopProcessOptions {
  readonly dataFolder: string
  readonly databaseUrl?: string
  /** Default: 0, which takes free ones. */
  readonly port?: number
  /** What follows the name of the program. */
  readonly args?: readonly string[]
}

const STOP_LIMIT_MS = 15_000
const MAIN = join(import.meta.dirname, 'main.ts')

function launch({ dataFolder, databaseUrl, port = 0, args = [] }: ShopProcessOptions) {
  const { DATABASE_URL: _, ...environment } = process.env
  const child = spawn(process.execPath, ['--conditions=archipel-source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      PORT: String(port),
      ARCHIPEL_DATA: dataFolder,
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    },
  })
  const output: string[] = []
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => output.push(line))
  return { child, output, ended, lines }
}

/** Runs the program until it ends by itself. */
export async function runShopToItsEnd(options: ShopProcessOptions): Promise<Ended> {
  const started = performance.now()
  const { child, ended, output } = launch(options)
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const code = await ended
  clearTimeout(limit)
  return { code, tookMs: performance.now() - started, output: output.join('\n') }
}

/** Starts the program and waits until it says where it is. */
export async function startShopProcess(options: ShopProcessOptions): Promise<ShopProcess> {
  const { child, ended, output, lines } = launch(options)
  const addresses = new Map<string, string>()
  const told = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const [, what, url] = /^ {2}(API|operations|processor) +(http:\S+)/.exec(line) ?? []
      if (what === undefined || url === undefined) return
      addresses.set(what, url)
      if (what === 'processor') resolve()
    })
  })
  const early = await Promise.race([
    told,
    ended.then((code) => `the shop ended with ${code}:\n${output.join('\n')}`),
  ])
  if (typeof early === 'string') throw new Error(early)
  const url = new URL(addresses.get('API') ?? '').origin

  async function stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Ended> {
    const started = performance.now()
    child.kill(signal)
    return { code: await ended, tookMs: performance.now() - started, output: output.join('\n') }
  }

  return {
    id: child.pid ?? 0,
    url,
    operationsUrl: addresses.get('operations') ?? '',
    providerUrl: addresses.get('processor') ?? '',
    dataFolder: options.dataFolder,
    async signIn(role) {
      const accounts: { role: string; email: string; password: string }[] = JSON.parse(
        await readFile(join(options.dataFolder, 'demo-accounts.json'), 'utf8'),
      )
      const { email, password } = accounts.find((account) => account.role === role) ?? {
        email: '',
        password: '',
      }
      const { token } = (await connectTo(`${url}/api/v1`).post('/sessions', { email, password })).expect(201)
      return connectTo(`${url}/api/v1`, token)
    },
    output: () => output.join('\n'),
    stop,
    async [Symbol.asyncDispose]() {
      // Killed outright, it would leave its PostgreSQL behind.
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(limit)
    },
  }
}
