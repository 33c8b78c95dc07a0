import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
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
  /** SIGTERM, as an operator would. */
  stop(): Promise<void>
  /** The last lines that the host wrote to its log. */
  log(): string
}

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url))
const START_LIMIT_MS = 60_000
const LOG_LINES = 60

/** @param environment what the host finds in its environment: data folder, port, planted bug. */
export function createVictims(port: number, serverPidFile: () => Promise<string>, environment: Record<string, string>): Victims {
  let host: ChildProcess | undefined
  const lines: string[] = []

  async function start(): Promise<void> {
    const child = spawn(process.execPath, [...process.execArgv, HOST], {
      env: { ...process.env, ...environment, PORT: String(port) },
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
      if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}:\n${lines.join('\n')}`)
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false)
      if (ready) return
      await sleep(25)
    }
    throw new Error(`the host was not ready after ${START_LIMIT_MS} ms:\n${lines.join('\n')}`)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!host || host.exitCode !== null || host.signalCode !== null) return
    const ended = once(host, 'exit')
    host.kill(signal)
    await ended
  }

  return {
    start,
    async killHost() {
      await end('SIGKILL')
      await start()
    },
    async killDatabase() {
      const [pid] = (await readFile(await serverPidFile(), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGKILL')
    },
    stop: () => end('SIGTERM'),
    log: () => lines.join('\n'),
  }
}
