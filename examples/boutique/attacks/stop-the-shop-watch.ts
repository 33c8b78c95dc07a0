import { readdir, readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'

const Taken = z.array(z.object({ what: z.string(), ms: z.number(), status: z.int() }))
/** What other customers saw while something was tried. */
export interface Seen {
  /** How many requests of theirs. */
  readonly requests: number
  /** In milliseconds. */
  readonly p99: number
  /** The longest time in which the process answered nobody at all, in milliseconds. */
  readonly blocked: number
  /** Requests that were not answered as on any other day. */
  readonly failed: number
}

export interface Bystanders extends AsyncDisposable {
  /** What they saw since they were asked last. */
  report(): Promise<Seen>
}

/** Customers who go on with their day meanwhile. @param token of one of them. */
export function startBystanders(base: string, token: string, sku: string): Bystanders {
  const worker = new Worker(new URL('./stop-the-shop-bystander.ts', import.meta.url), {
    workerData: { base, token, sku },
  })
  return {
    async report() {
      const answer = once(worker, 'message')
      worker.postMessage('report')
      const [message]: unknown[] = await answer
      const taken = Taken.parse(message)
      const probes = taken.filter(({ what }) => what === 'probe').map(({ ms }) => ms)
      const times = taken.filter(({ what }) => what !== 'probe').map(({ ms }) => ms)
      times.sort((one, other) => one - other)
      return {
        requests: taken.length,
        p99: times[Math.ceil(times.length * 0.99) - 1] ?? 0,
        blocked: Math.max(0, ...probes),
        failed: taken.filter(({ status }) => status === 0 || status >= 400).length,
      }
    },
    async [Symbol.asyncDispose]() {
      const gone = once(worker, 'exit')
      worker.postMessage('over')
      await gone
    },
  }
}

/** What the host's process holds. */
export interface Held {
  readonly memoryBytes: number
  /** Open files, connections among them. */
  readonly files: number
}

/** The id of the host's process, which it leaves with the address of its operators' door. */
export async function hostProcess(dataFolder: string): Promise<number> {
  const text = await readFile(join(dataFolder, 'operations-door.json'), 'utf8')
  return z.object({ process: z.int() }).parse(JSON.parse(text)).process
}

/** Read from the kernel: the process itself may be too busy to say. */
export async function held(pid: number): Promise<Held> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const files = await readdir(`/proc/${pid}/fd`)
  return { memoryBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024, files: files.length }
}
