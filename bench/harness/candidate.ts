import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pinned } from './machine.ts'

/** One of those who are compared: a process of its own that answers the runner's questions. */
export interface Candidate {
  readonly name: string
  readonly pid: number
  /** What it said about itself when it was ready. */
  readonly about: Readonly<Record<string, string>>
  /** Both ends of the channel are in this folder, so the answer is what the asker expects. */
  ask<TAnswer>(question: string, input?: unknown): Promise<TAnswer>
  stop(): Promise<void>
}

export interface CandidateOptions {
  readonly name: string
  /** A module that calls `answerRunner`. */
  readonly module: URL
  readonly env?: Readonly<Record<string, string>>
  /** The core it is held to, where the system can do that. */
  readonly core?: number
}

interface Reply {
  readonly ready?: Record<string, string>
  readonly id?: number
  readonly answer?: unknown
  readonly failure?: string
}

const STOP_WITHIN_MS = 20_000

/** Starts a candidate and waits until it is ready. Rejects with what it printed if it ends before. */
export async function startCandidate(options: CandidateOptions): Promise<Candidate> {
  const child = spawnCandidate(options)
  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (failure: Error) => void }>()
  let printed = ''
  child.stderr?.on('data', (text: Buffer) => (printed = (printed + String(text)).slice(-4_000)))
  const about = await new Promise<Record<string, string>>((resolve, reject) => {
    child.on('message', ({ ready, id, answer, failure }: Reply) => {
      if (ready) resolve(ready)
      if (id === undefined) return
      const question = waiting.get(id)
      waiting.delete(id)
      if (failure === undefined) question?.resolve(answer as never)
      else question?.reject(new Error(`${options.name}: ${failure}`))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const ended = new Error(`${options.name} ended (${signal ?? code})\n${printed.trim()}`)
      reject(ended)
      for (const question of waiting.values()) question.reject(ended)
    })
  })
  let next = 0
  return {
    name: options.name,
    pid: child.pid ?? 0,
    about,
    ask: (question, input) =>
      new Promise((resolve, reject) => {
        waiting.set(++next, { resolve, reject })
        child.send({ id: next, question, input }, (failure) => failure && reject(failure))
      }),
    stop: () => stop(child),
  }
}

function spawnCandidate({ module, env, core }: CandidateOptions): ChildProcess {
  const [command, ...args] = pinned(core, [
    process.execPath,
    '--conditions=archipel-source',
    fileURLToPath(module),
  ])
  if (command === undefined) throw new Error('nothing to start')
  return spawn(command, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

/** By its process id only; outright when asking didn't help. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  if (child.connected) child.disconnect()
  await ended
  clearTimeout(kill)
}
