import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createThrowawayDatabase, eventually } from '../testing/index.ts'
import { findingsOf } from './doctor/database.ts'
import { checkClock, checkNode } from './doctor/machine.ts'
import { archipel, openShop } from './shop.fixture.ts'

let shop: Awaited<ReturnType<typeof openShop>>
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop[Symbol.asyncDispose]())

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'archipel doctor '))))
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Finding {
  readonly check: string
  readonly state: string
  readonly found: string
  readonly advice?: string
}

/** Of a folder on which nothing runs. */
async function examined(variables: Record<string, string> = {}) {
  const { code, out } = await archipel(['doctor', '--json'], {
    ARCHIPEL_DATA: folder,
    PORT: '0',
    ...variables,
  })
  const findings: Finding[] = JSON.parse(out).findings
  const of = (check: string) => findings.find((finding) => finding.check === check)
  return { code, findings, of }
}

test('a set-up in which nothing is wrong says so', async () => {
  const { code, findings, of } = await examined()
  expect({ code, states: new Set(findings.map(({ state }) => state)) }).toEqual({
    code: 0,
    states: new Set(['ok']),
  })
  expect(of('application')?.found).toBe('not running')
  const text = await archipel(['doctor'], { ARCHIPEL_DATA: folder, PORT: '0' })
  expect(text.out).toMatch(/^ok +Node\.js +24\.[^]*\n\nNothing is wrong\.\n$/)
})

test('a running application is asked about its database and about work that waits for a person', async () => {
  const healthy = await shop.archipel('doctor')
  expect(healthy).toMatchObject({ code: 0 })
  expect(healthy.out).toMatch(/ok +application +host embedded, running/)
  expect(healthy.out).toMatch(/ok +PostgreSQL +1\d\.\d+; data_checksums = on.*fsync = on/)
  expect(healthy.out).toContain('nothing waits for a person')
  shop.world.poison.add('w-1')
  await shop.sell('w-1')
  await eventually(async () => (await shop.archipel('doctor')).out.includes('dead letters'))
  const troubled = await shop.archipel('doctor')
  expect(troubled.out).toMatch(/warning +dead letters +\d\n +→ archipel dead-letters list/)
})

test('ports that are taken are named', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { code, of } = await examined({ PORT: String(port) })
  taken.close()
  expect(code).toBe(65)
  expect(of('ports')).toMatchObject({ state: 'fault', found: expect.stringContaining(`${port}`) })
})

test('settings that can not be are named, not tried', async () => {
  const { code, of } = await examined({ PORT: 'ninety' })
  expect(code).toBe(65)
  expect(of('settings')?.found).toContain("PORT: 'ninety'")
  expect(of('ports')).toBeUndefined()
})

test('a PostgreSQL of your own is reached and asked whether it keeps what it says', async () => {
  await using database = await createThrowawayDatabase()
  const { host, port, user, password, database: name } = database.connection
  const url = `postgres://${user}:${password}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`
  const sound = await examined({ DATABASE_URL: url })
  expect(sound.of('PostgreSQL')).toMatchObject({ state: 'ok' })
  const wrong = await examined({ DATABASE_URL: 'postgres://shop:canary-password@127.0.0.1:1/shop' })
  expect(wrong.code).toBe(65)
  expect(wrong.of('PostgreSQL')).toMatchObject({
    state: 'fault',
    found: expect.stringContaining('ECONNREFUSED'),
  })
  expect(JSON.stringify(wrong.findings)).not.toContain('canary-password')
})

test('what a killed host left behind is told from one that only keeps its door shut', async () => {
  await mkdir(join(folder, 'hosts'))
  const register = (process: number) =>
    writeFile(
      join(folder, 'hosts', 'embedded.json'),
      JSON.stringify({ host: 'embedded', process, since: 'yesterday' }),
    )
  await register(2 ** 22 + 1)
  expect((await examined()).of('leftovers')?.found).toContain('ended without cleaning up')
  await register(process.pid)
  expect((await examined()).findings.filter(({ check }) => check === 'application')).toContainEqual(
    expect.objectContaining({ state: 'warning', found: expect.stringContaining('nobody answers') }),
  )
})

test('secrets that others can read, and a folder that is none, are faults', async () => {
  await writeFile(join(folder, 'operations-token'), 'x'.repeat(40))
  await chmod(join(folder, 'operations-token'), 0o644)
  expect((await examined()).of('secrets')).toMatchObject({
    state: 'fault',
    advice: `chmod 600 '${join(folder, 'operations-token')}'`,
  })
  const file = join(folder, 'a file')
  await writeFile(file, '')
  const { code, of } = await examined({ ARCHIPEL_DATA: file })
  expect(code).toBe(65)
  expect(of('data folder')?.found).toContain('is no folder')
})

test('what a machine of today can not show is judged by its figures', () => {
  expect(checkNode('22.4.0')).toMatchObject({ state: 'fault' })
  expect(checkClock(0)).toMatchObject({ state: 'fault', found: '1970-01-01T00:00:00.000Z' })
  const report = {
    version: '18.1',
    durability: ['fsync = on', 'data_checksums = off'],
    refusal: undefined,
    clockAheadMs: -4_000,
    connections: 99,
    mostConnections: 100,
    preparedTransactions: 2,
  }
  const states = findingsOf(report).map(({ check, state }) => `${check}: ${state}`)
  expect(states).toEqual([
    'PostgreSQL: ok',
    'checksums: warning',
    'clock of PostgreSQL: fault',
    'connections: warning',
    'prepared transactions: warning',
  ])
  expect(findingsOf({ ...report, refusal: 'fsync = off' })[0]).toMatchObject({
    state: 'fault',
    found: 'fsync = off',
  })
})
