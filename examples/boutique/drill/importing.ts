import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { TradeFile } from './trade-file.ts'

const Sum = z.object({ count: z.int(), lines: z.int(), units: z.int(), total: z.int() })
/** What the importer says in the end, as far as it is compared. */
export const ImportReport = z.object({
  agrees: z.boolean(),
  file: z.object({ orders: Sum, creditNotes: Sum, rejected: z.int() }),
})
export type ImportReport = z.infer<typeof ImportReport>

/** A file that was imported to its end, however often the importer died on the way. */
export interface Imported extends TradeFile {
  readonly report: ImportReport
}

export interface Importing {
  /** SIGKILL to the importer that is at work, or is started next. */
  kill(): Promise<void>
  /** Nothing further is imported. */
  stop(): void
  /** Everything that was imported, once there is no more to import. @throws when an importer ends by itself without a report. */
  readonly ended: Promise<Imported[]>
}

const MAIN = fileURLToPath(new URL('../import/main.ts', import.meta.url))
const AT_ONCE = 3
/** The shop has other books than the file: the report says so. */
const DIFFERS = 1

/**
 * Imports one file after the other, in a process for each that is started again when it was killed.
 * @param options.files asked for the next one when one is done; undefined: that was the last.
 */
export function startImporting(options: {
  readonly origin: string
  readonly dataFolder: string
  readonly files: () => Promise<TradeFile | undefined>
}): Importing {
  let current: ChildProcess | undefined
  let over = false

  async function importOne(file: TradeFile): Promise<Imported> {
    for (;;) {
      if (over) throw new Error('the import was stopped')
      const child = start(file.path, options)
      current = child
      const [output, problems] = [text(child.stdout), text(child.stderr)]
      const [code, signal]: unknown[] = await once(child, 'exit')
      current = undefined
      if (code === 0 || code === DIFFERS)
        return { ...file, report: ImportReport.parse(JSON.parse(await output)) }
      if (signal !== 'SIGKILL')
        throw new Error(`the importer ended with ${String(code ?? signal)}: ${await problems}`)
    }
  }

  async function importAll(): Promise<Imported[]> {
    const imported: Imported[] = []
    for (let file = await options.files(); file; file = await options.files())
      imported.push(await importOne(file))
    over = true
    return imported
  }

  function stop(): void {
    over = true
    current?.kill('SIGKILL')
  }

  return {
    stop,
    async kill() {
      while (!current && !over) await sleep(5)
      current?.kill('SIGKILL')
    },
    ended: importAll(),
  }
}

function start(path: string, { origin, dataFolder }: { origin: string; dataFolder: string }) {
  const rejects = join(dataFolder, `${basename(path, '.csv')}.rejects.csv`)
  const args = [path, '--target', origin, '--rejects', rejects, '--json', '--concurrency', String(AT_ONCE)]
  return spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ARCHIPEL_DATA: dataFolder },
  })
}
