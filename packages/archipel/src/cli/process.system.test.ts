import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const BIN = join(import.meta.dirname, '../../bin/archipel.mjs')
const LIMIT = { timeout: 60_000 }
const exec = promisify(execFile)
/** As from a shell: without the flags of the test run. */
const { NODE_OPTIONS: _, ...env } = process.env

const APPLICATION = `
  import { application, contract, query, service } from 'archipel'
  import { z } from 'zod'
  const greetings = contract('greetings', {
    version: '1.0.0',
    operations: {
      greet: query({ access: 'public', input: z.object({ name: z.string() }), output: z.object({ text: z.string() }) }),
    },
  })
  const greetingsService = service(greetings, {}).operation('greet', async ({ name }) => ({ text: \`Hello \${name}\` }))
  export default application('hello', { services: [greetingsService] })
`

let data: string
let project: string
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'archipel start '))
  // PostgreSQL runs as another user where we are root.
  await chmod(data, 0o755)
  // Beside this file, so that it finds the packages that it imports.
  project = await mkdtemp(join(import.meta.dirname, 'temporary '))
  await writeFile(join(project, 'main.ts'), APPLICATION)
})
afterAll(async () => {
  await rm(data, { recursive: true, force: true })
  await rm(project, { recursive: true, force: true })
})

async function archipel(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const child = exec(process.execPath, [BIN, ...argv], { cwd: project, env, ...LIMIT })
  const { stdout, stderr } = await child.catch((error: { stdout: string; stderr: string }) => error)
  return { code: child.child.exitCode ?? -1, out: stdout, errors: stderr }
}

async function bestOfFive(argv: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const began = performance.now()
    await exec(process.execPath, argv, { env, ...LIMIT })
    times.push(performance.now() - began)
  }
  return Math.min(...times)
}

test('an application is started by the command, found by it, and stopped without a trace', async () => {
  const child = spawn(process.execPath, [BIN, 'start', '--port', '0', '--data', data], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT.timeout)
  try {
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('hello runs')) break
    const greeted = await archipel('call', 'greetings.greet', '{"name":"Ada"}', '--data', data)
    expect(greeted).toMatchObject({ code: 0, errors: '' })
    expect(JSON.parse(greeted.out)).toEqual({ text: 'Hello Ada' })
    expect((await archipel('doctor', '--data', data)).out).toContain('Nothing is wrong.')
    const second = await archipel('start', 'main.ts', '--port', '0', '--data', data)
    expect(second).toMatchObject({ code: 73 })
    expect(second.errors).toContain('ARC_DATA_IN_USE')
  } finally {
    clearTimeout(limit)
    child.kill('SIGTERM')
  }
  expect(await ended).toEqual([0, null])
  expect(await archipel('delivery', '--data', data)).toMatchObject({ code: 69, out: '' })
})

test('what can not be started is said', async () => {
  const absent = await archipel('start', 'absent.ts')
  expect(absent).toMatchObject({ code: 65 })
  expect(absent.errors).toContain('ARC_MODULE: There is no file')
})

test('help comes at once: nothing is loaded that it does not need', async () => {
  const node = await bestOfFive(['-e', '0'])
  expect((await bestOfFive([BIN, '--help'])) - node).toBeLessThan(150)
})

test('a reader that has seen enough ends it quietly', async () => {
  const { stdout, stderr } = await exec('sh', ['-c', `"$0" "$1" help | head -n 1`, process.execPath, BIN], {
    env,
    ...LIMIT,
  })
  expect({ stdout, stderr }).toEqual({ stdout: 'Usage: archipel [options] [command]\n', stderr: '' })
})
