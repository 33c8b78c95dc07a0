import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fetch } from 'undici'

/** The shop in a process of its own, and its PostgreSQL: what the drill kills and starts again. */
export interface Victims {
  start(): Promise<void>
  /** SIGKILL to the host, then a new one on the same data. */
  killHost(): Promise<void>
  /** SIGKILL to the PostgreSQL server; the host is left to bring it back. */
  killDatabase(): Promise<void>
  /** SIGTERM, as an operator would; SIGKILL if that does nothing. */
  stop(): Promise<void>
  /** The last lines that the host wrote to its log. */
  log(): string
}

export interface VictimOptions {
  readonly port: number
  readonly dataFolder: string
  /** The bug to plant, if any. */
  readonly sabotage: string | undefined
  /** The id of the PostgreSQL server's process. */
  databaseProcess(): Promise<number>
}

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url))
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 20_000
const LOG_LINES = 12

export function createVictims({ port, dataFolder, sabotage, databaseProcess }: VictimOptions): Victims {
  let host: ChildProcess | undefined
  const lines: string[] = []

  async function start(): Promise<void> {
    const child = spawn(process.execPath, [...process.execArgv, HOST], {
      env: { ...process.env, ARCHIPEL_DATA: dataFolder, PORT: String(port), DRILL_SABOTAGE: sabotage ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    host = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        lines.push(...text.split('\n').filter(Boolean))
        lines.splice(0, lines.length - LOG_LINES)
      })
    }
    await untilReady(child)
  }

  async function untilReady(child: ChildProcess): Promise<void> {
    const giveUpAt = performance.now() + START_LIMIT_MS
    while (performance.now() < giveUpAt) {
      if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}`)
      if (await isReady()) return
      await sleep(25)
    }
    throw new Error(`the host was not ready after ${START_LIMIT_MS} ms`)
  }

  function isReady(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!host || host.exitCode !== null || host.signalCode !== null) return
    const ended = once(host, 'exit')
    host.kill(signal)
    const late = sleep(STOP_LIMIT_MS, 'late' as const, { ref: false })
    if ((await Promise.race([ended, late])) === 'late') host.kill('SIGKILL')
  }

  return {
    start,
    async killHost() {
      await end('SIGKILL')
      await start()
    },
    async killDatabase() {
      process.kill(await databaseProcess(), 'SIGKILL')
    },
    stop: () => end('SIGTERM'),
    log: () => lines.map((line) => line.slice(0, 400)).join('\n'),
  }
}
