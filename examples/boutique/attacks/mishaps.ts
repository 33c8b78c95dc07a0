import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { Field } from '../drill/field.ts'
import { serverProcess } from '../drill/shop-database.ts'

/** Something that befalls the shop. */
export interface Mishap {
  /** Such as 'the host stands still for 800 ms'. */
  readonly what: string
  /** Resolves once the shop could go on, whether it does or not. */
  happen(): Promise<void>
}

/** One after the other, each when its share of the work is done; none of them once the work is. */
export async function inTurn(
  mishaps: readonly Mishap[],
  { progress, signal }: { readonly progress: () => number; readonly signal: AbortSignal },
): Promise<void> {
  const began = performance.now()
  for (const [index, { what, happen }] of mishaps.entries()) {
    while (progress() < (index + 0.5) / (mishaps.length + 1)) {
      if (signal.aborted) return
      await sleep(5)
    }
    console.log(`  ${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`)
    await happen()
  }
}

/** SIGSTOP, and SIGCONT a while later. */
export function hostStandsStill({ victims }: Field, ms: number): Mishap {
  return {
    what: `the host stands still for ${ms} ms`,
    async happen() {
      const { host } = victims
      host.signal('SIGSTOP')
      await sleep(ms)
      host.signal('SIGCONT')
    },
  }
}

export function processorStandsStill({ victims }: Field, ms: number): Mishap {
  return {
    what: `the card processor stands still for ${ms} ms`,
    async happen() {
      const { processor } = victims
      processor.signal('SIGSTOP')
      await sleep(ms)
      processor.signal('SIGCONT')
    },
  }
}

const Backend = z.object({ pid: z.int() })
const AT_WORK = `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
  order by xact_start is null, random() limit $1`

/** Each in the middle of a statement, with the locks that it holds. */
export function backendsStandStill(database: Pool, count: number, ms: number): Mishap {
  return {
    what: `${count} backends of PostgreSQL that are at work stand still for ${ms} ms`,
    async happen() {
      // The way to ask may be cut just now, like any other.
      const { rows } = await database.query(AT_WORK, [count]).catch(() => ({ rows: [] }))
      const backends = rows.map((row: unknown) => Backend.parse(row).pid)
      await standStill(backends, ms)
    },
  }
}

/** The server and all that it started. */
export function databaseStandsStill({ dataFolder }: Field, ms: number): Mishap {
  return {
    what: `PostgreSQL stands still for ${ms} ms`,
    async happen() {
      const server = await serverProcess(dataFolder)
      const children = await readFile(`/proc/${server}/task/${server}/children`, 'utf8')
      await standStill([server, ...children.trim().split(' ').map(Number)], ms)
    },
  }
}

async function standStill(processes: readonly number[], ms: number): Promise<void> {
  for (const id of processes) send(id, 'SIGSTOP')
  await sleep(ms)
  for (const id of processes) send(id, 'SIGCONT')
}

/** One that has ended by itself is left in peace. */
function send(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch {
    // It is gone.
  }
}
