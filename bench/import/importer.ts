import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { pinned } from '../harness/machine.ts'

/** The importer's own report, as far as it is read here; both are of this repository. */
interface ImportReport {
  readonly file: {
    readonly invoices: number
    readonly lines: number
    readonly orders: { readonly count: number }
    readonly creditNotes: { readonly count: number }
  }
  readonly agrees: boolean
}

export interface ImportResult {
  /** From before the process was started to its end. */
  readonly seconds: number
  /** Of each part of the work, by its name. */
  readonly parts: ReadonlyMap<string, number>
  readonly report: ImportReport
}

const MAIN = fileURLToPath(new URL('../../examples/boutique/import/main.ts', import.meta.url))
const LONGEST_MS = 600_000

/** Runs `npm run import` as a process of its own, without npm. */
export async function runImporter(options: {
  readonly file: string
  readonly target: string
  readonly dataFolder: string
  readonly core: number
}): Promise<ImportResult> {
  const { file, target, dataFolder, core } = options
  const args = ['--conditions=archipel-source', MAIN, file, '--target', target, '--json']
  const [command, ...rest] = pinned(core, [process.execPath, ...args])
  if (command === undefined) throw new Error('nothing to start')
  const rejects = join(dataFolder, 'rejects.csv')
  const startedAt = performance.now()
  const child = spawn(command, [...rest, '--rejects', rejects], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ARCHIPEL_DATA: dataFolder },
    timeout: LONGEST_MS,
  })
  const [output, progress] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const seconds = (performance.now() - startedAt) / 1_000
  if (output === '') throw new Error(`the import failed:\n${progress}`)
  const parts = progress.matchAll(/^(.+): .* in ([\d.]+) s$/gm)
  return {
    seconds,
    parts: new Map([...parts].map(([, part = '', took]) => [part, Number(took)])),
    report: JSON.parse(output) as ImportReport,
  }
}
