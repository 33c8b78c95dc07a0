import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { endAtExit } from './end-at-exit.ts'
import { pinned } from './machine.ts'
import { family, isAlive } from './processes.ts'

export interface WebProcessOptions {
  readonly name: string
  readonly command: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** What is asked until it is answered with 200. */
  readonly url: string
  readonly core?: number
}

/** Somebody else's server, started as its users start it. */
export interface WebProcess {
  readonly pid: number
  /** Milliseconds from before it was spawned to its first answer. */
  readonly firstAnswerMs: number
  /** Asks it to end, and makes sure that it and everything it started are gone. */
  stop(): Promise<void>
}

const START_WITHIN_MS = 180_000
const STOP_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 2

export async function startWebProcess(options: WebProcessOptions): Promise<WebProcess> {
  const [command, ...args] = pinned(options.core, options.command)
  if (command === undefined) throw new Error('nothing to start')
  const startedAt = performance.now()
  const child = spawn(command, args, {
    cwd: options.folder,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const keep = (text: Buffer) => (printed = (printed + String(text)).slice(-4_000))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'exit')
  const forget = endAtExit(child.pid ?? 0, 'SIGTERM')
  const stop = async () => {
    const members = await family(child.pid ?? 0)
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    await ended
    clearTimeout(late)
    forget()
    await allGone(members)
  }
  while (!(await answers(options.url))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${options.name} ended (${child.exitCode ?? child.signalCode})\n${printed}`)
    if (performance.now() - startedAt > START_WITHIN_MS) {
      await stop()
      throw new Error(`${options.name} did not answer at ${options.url}\n${printed}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
  return { pid: child.pid ?? 0, firstAnswerMs: performance.now() - startedAt, stop }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
      response.once('error', () => resolve(false))
    })
    request.once('error', () => resolve(false))
  })
}

async function allGone(members: readonly number[]): Promise<void> {
  const until = performance.now() + STOP_WITHIN_MS
  for (const member of members) {
    while (isAlive(member) && performance.now() < until) await sleep(10)
    if (!isAlive(member)) continue
    process.kill(member, 'SIGKILL')
    throw new Error(`process ${member} was left behind`)
  }
}

/** The first of `count` ports in a row that are free now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = await listenOnce(0)
    if (first === undefined || first + count > 65_535) continue
    const rest = await Promise.all(
      Array.from({ length: count - 1 }, (_, index) => listenOnce(first + index + 1)),
    )
    if (rest.every((port) => port !== undefined)) return first
  }
  throw new Error(`no ${count} free ports in a row`)
}

async function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return undefined
  } finally {
    server.close()
  }
}
