import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HEADER } from './testing.ts'

/** 300 in the long run. */
const MEGABYTES = Number(process.env['ARCHIPEL_TEST_MEGABYTES'] ?? 20)
/** Not enough to hold the lines of the file; half of it is the program itself where the file is small. */
const HEAP_MEGABYTES = Math.max(40, MEGABYTES * 0.4)
const LINES_PER_INVOICE = 20

let folder: string
let path: string
let invoices = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boutique large '))
  path = join(folder, 'large.csv')
  const file = createWriteStream(path)
  file.write(`${HEADER}\n`)
  while (file.bytesWritten < MEGABYTES * 1e6) if (!file.write(thousandInvoices())) await once(file, 'drain')
  file.end()
  await finished(file)
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

function thousandInvoices(): string {
  const lines: string[] = []
  for (let nth = 0; nth < 1_000; nth++) {
    const number = 1_000_000 + invoices++
    for (let line = 0; line < LINES_PER_INVOICE; line++)
      lines.push(
        `${number},${10_000 + line},"A POT, ""BLUE""",2,2011-03-01 08:26:00,2.55,${number % 5_000}.0,France\n`,
      )
  }
  return lines.join('')
}

async function read(): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=archipel-source',
    `--max-old-space-size=${HEAP_MEGABYTES}`,
    join(import.meta.dirname, 'read-in-little-memory.ts'),
    path,
  ])
  return JSON.parse(stdout)
}

test(
  `a file of ${MEGABYTES} MB is read in a heap of ${HEAP_MEGABYTES} MB, to its last line`,
  { timeout: 900_000 },
  async () => {
    const lines = invoices * LINES_PER_INVOICE
    expect(await read()).toMatchObject({
      invoices,
      orders: { count: invoices, lines, units: 2 * lines, total: 2 * 255 * lines },
      rejected: 0,
    })
    await appendFile(path, '9999999,10001,A POT,two,2011-03-01 08:26:00,2.55,,France\n')
    expect(await read()).toEqual([{ line: lines + 2, what: 'Quantity "two" is no whole number' }])
  },
)
