import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fetch } from 'undici'

/** A process that a drill starts and kills: the shop's host, or the card processor. */
export interface DrillProcess {
  /** Resolves once the process is gone, whatever ended it. */
  readonly gone: Promise<void>
  /** Waits until it serves. @throws when it ends before, or takes too long. */
  ready(): Promise<void>
  /** Ends it by this signal, or by SIGKILL if that does nothing; resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
  /** Sends a signal such as SIGSTOP, and doesn't wait; nothing where it is gone. */
  signal(signal: NodeJS.Signals): void
  /** Sends a message to the process and waits for the next one from it. */
  ask(message: object): Promise<unknown>
}

export interface DrillProcessOptions {
  readonly script: URL
  /** Answers once the process serves. */
  readonly readyUrl: string
  readonly port: number
  readonly dataFolder: string
  /** Further variables of its environment. */
  readonly variables: Readonly<Record<string, string>>
  onLine(line: string): void
}

const START_LIMIT_MS = 180_000
const STOP_LIMIT_MS = 20_000

export function startDrillProcess({
  script,
  readyUrl,
  port,
  dataFolder,
  variables,
  onLine,
}: DrillProcessOptions): DrillProcess {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(script)], {
    env: { ...process.env, ARCHIPEL_DATA: dataFolder, PORT: String(port), ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => text.split('\n').filter(Boolean).forEach(onLine))
  }
  // A child that dies while a message is on its way to it is no error of the drill.
  child.on('error', (error) => onLine(String(error)))
  const gone = once(child, 'exit').then(() => undefined)
  const isGone = () => child.exitCode !== null || child.signalCode !== null

  return {
    gone,
    async ready() {
      const giveUpAt = performance.now() + START_LIMIT_MS
      while (performance.now() < giveUpAt) {
        if (isGone()) throw new Error(`${script.pathname} ended with ${child.exitCode ?? child.signalCode}`)
        if (await isReady(readyUrl)) return
        await sleep(25)
      }
      throw new Error(`${script.pathname} was not ready after ${START_LIMIT_MS} ms`)
    },
    async end(signal) {
      if (isGone()) return
      child.kill(signal)
      const late = sleep(STOP_LIMIT_MS, 'late' as const, { ref: false })
      if ((await Promise.race([gone, late])) === 'late') child.kill('SIGKILL')
      await gone
    },
    signal: (signal) => void child.kill(signal),
    async ask(message) {
      if (isGone()) throw new Error('it ended before it was asked')
      const answer = once(child, 'message').then(([first]: unknown[]) => first)
      child.send(message, () => undefined)
      return Promise.race([
        answer,
        gone.then(() => {
          throw new Error('it ended before it answered')
        }),
      ])
    },
  }
}

function isReady(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}
