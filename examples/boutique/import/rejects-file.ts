import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { once } from 'node:events'
import type { Reason } from './reading/invoices.ts'

/** The invoices that were not imported, as a CSV file: one row for each reason. */
export interface RejectsFile {
  add(number: string, reasons: readonly Reason[]): Promise<void>
  /** Only now it is there, whole; a file of an earlier run is replaced. */
  finish(): Promise<void>
}

export async function createRejectsFile(path: string): Promise<RejectsFile> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.new`
  const stream = createWriteStream(draft, { flush: true })
  const done = finished(stream)
  // It is awaited in the end; until then a failure must not be an unhandled one.
  done.catch(() => undefined)
  await once(stream, 'open')
  stream.write('InvoiceNo,Line,Reason\n')
  return {
    async add(number, reasons) {
      const rows = reasons.map(({ line, reason }) => `${cell(number)},${line},${cell(reason)}\n`)
      if (!stream.write(rows.join(''))) await Promise.race([once(stream, 'drain'), done])
    },
    async finish() {
      stream.end()
      await done
      await rename(draft, path)
    },
  }
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
