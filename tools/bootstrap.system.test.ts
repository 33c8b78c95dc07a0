import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'archipel boot-'))
const entry = join(folder, 'entry.ts')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Takes a moment to stop, as a host does, and ends with 7 and the number of signals it got.
writeFileSync(
  entry,
  `const signals: string[] = []
   const idle = setInterval(() => {}, 1000)
   for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
     signals.push(signal)
     if (signals.length === 1) setTimeout(() => {
       console.log(signals.join())
       clearInterval(idle)
       process.exitCode = 7
     }, 300)
   })
   const options = process.execArgv.filter((word) => word.includes('semi-space'))
   console.log(['started', ...options, '|', ...process.argv.slice(2)].join(' '))`,
)

interface Started {
  readonly child: ChildProcess
  readonly lines: AsyncIterator<string>
}

/** As a shell does it: a process group of its own for what is started. */
async function start(): Promise<Started> {
  const bootstrap = join(import.meta.dirname, 'bootstrap.mjs')
  const child = spawn(process.execPath, [bootstrap, entry], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return { child, lines }
}

describe.skipIf(process.platform === 'win32')('the bootstrap', () => {
  test('passes a signal on once, though the terminal and npm both send it, and ends as the program ends', async () => {
    const { child, lines } = await start()
    const exit = once(child, 'exit')
    process.kill(-Number(child.pid), 'SIGINT')
    child.kill('SIGINT')
    expect(await lines.next()).toMatchObject({ value: 'SIGINT' })
    expect(await exit).toEqual([7, null])
  })

  test('passes on SIGTERM that only it got', async () => {
    const { child, lines } = await start()
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await lines.next()).toMatchObject({ value: 'SIGTERM' })
    expect(await exit).toEqual([7, null])
  })

  test('what stands before the file is for Node, what stands behind it for the program', async () => {
    const bootstrap = join(import.meta.dirname, 'bootstrap.mjs')
    const child = spawn(process.execPath, [bootstrap, '--max-semi-space-size=16', entry, '--its-own'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    expect(await lines.next()).toMatchObject({ value: 'started --max-semi-space-size=16 | --its-own' })
    child.kill('SIGTERM')
    await once(child, 'exit')
  })

  test('takes the program along when it is killed outright', async () => {
    const { child, lines } = await start()
    child.kill('SIGKILL')
    // Its output ends only with it: nobody else holds the other end.
    expect(await lines.next()).toMatchObject({ done: true })
  })
})
