// Loaded into the shop's host before anything else (`--import`): profiles it between two moments that the benchmark
// names, and counts what goes through its sockets. It answers on a Unix socket of its own.
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { isMainThread } from 'node:worker_threads'
import { watchWire, type Traffic } from './wire.ts'

/** `plain` is without a profile, which takes its own time. */
export type Kind = 'plain' | 'processor' | 'allocations'
export type Order = { readonly begin: Kind } | { readonly end: Kind; readonly file: string }
export interface Moment {
  /** Milliseconds of user and system time of the process so far. */
  readonly processorMs: number
  readonly wire: readonly Traffic[]
}

const SAMPLE_EVERY_US = 250
const SAMPLE_EVERY_BYTES = 16_384

const wire = watchWire()
const session = new Session()
session.connect()

async function obey(order: Order): Promise<Moment> {
  if ('begin' in order) {
    await begin(order.begin)
    return now()
  }
  const moment = now()
  await writeFile(order.file, JSON.stringify((await end(order.end)) ?? null))
  return moment
}

async function begin(kind: Kind): Promise<void> {
  if (kind === 'plain') return
  if (kind === 'processor') {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await session.post('Profiler.start')
    return
  }
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_EVERY_BYTES,
    // Else only what is still there in the end would count.
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
}

async function end(kind: Kind): Promise<unknown> {
  if (kind === 'plain') return undefined
  if (kind === 'processor') return (await session.post('Profiler.stop')).profile
  return (await session.post('HeapProfiler.stopSampling')).profile
}

function now(): Moment {
  const { user, system } = process.cpuUsage()
  return { processorMs: (user + system) / 1_000, wire: wire() }
}

function listen(path: string | undefined): void {
  if (path === undefined) throw new Error('BENCH_PROBE names the socket of the probe')
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      void obey(JSON.parse(line) as Order).then(
        (moment) => socket.write(`${JSON.stringify({ moment })}\n`),
        (error: unknown) => socket.write(`${JSON.stringify({ failure: String(error) })}\n`),
      )
    })
  })
  // Of a start that failed.
  rmSync(path, { force: true })
  server.listen(path).unref()
}

// The threads that hash passwords load it, too.
if (isMainThread) listen(process.env['BENCH_PROBE'])
