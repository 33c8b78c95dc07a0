import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { isArchipelError } from '../../errors/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { temporaryBase } from '../../testing/temporary-base.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { findPostmaster } from '../embedded/postmaster.ts'
import { connectAdmin, createServiceDatabase, openDatabaseServer, type DatabaseServer } from '../index.ts'

const environment = systemEnvironment()
const { files } = environment
const log = quietTelemetry().log
const base = join(await temporaryBase(files), `archipel-storage-${process.pid}`)
const open = (dataFolder: string, host = 'one') => openDatabaseServer({ environment, dataFolder, host, log })
const clusterOf = (dataFolder: string) => join(dataFolder, 'postgres')

function newFolder(name = randomBytes(4).toString('hex')): string {
  return join(base, name)
}

afterAll(() => files.remove(base))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await environment.timers.sleep(5)
}

async function startHost(dataFolder: string, host: string) {
  const program = fileURLToPath(new URL('test-host.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=archipel-source', program, dataFolder, host], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    said: said.toString(),
    process: child.pid ?? 0,
    kill: async () => void (child.kill('SIGKILL'), await once(child, 'exit')),
  }
}

async function startedAt(server: DatabaseServer): Promise<unknown> {
  await using admin = await connectAdmin(server.adminConnection)
  const [row] = await admin.query('select pg_postmaster_start_time()::text as at')
  return row?.['at']
}

test('makes a server in a folder with a space and a long path; the last host stops it, the next one starts it', async () => {
  const dataFolder = newFolder(`with space/${'long'.repeat(40)}/data`)
  const first = await open(dataFolder)
  expect(first.settings).toEqual([
    'data_checksums = on',
    'fsync = on',
    'full_page_writes = on',
    'synchronous_commit = on',
  ])
  const second = await open(dataFolder, 'two')
  await first.close()
  expect(second.held).toBe(true)
  await second.close()
  expect(await findPostmaster(files, clusterOf(dataFolder))).toBeUndefined()
  const again = await open(dataFolder)
  await using admin = await connectAdmin(again.adminConnection)
  expect(
    await admin.query(
      "select current_setting('max_prepared_transactions')::int as n, current_setting('listen_addresses') as l",
    ),
  ).toEqual([{ n: 64, l: '' }])
  await again.close()
})

test('several hosts that start at once share one server', async () => {
  const dataFolder = newFolder()
  const servers = await Promise.all(['a', 'b', 'c'].map((host) => open(dataFolder, host)))
  expect(new Set(await Promise.all(servers.map(startedAt))).size).toBe(1)
  await Promise.all(servers.map((server) => server.close()))
  expect(await findPostmaster(files, clusterOf(dataFolder))).toBeUndefined()
})

test('refuses a second host of the same name, naming process, host and since when', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder, 'edge')
  const host = await startHost(dataFolder, 'edge')
  expect(host.said).toMatch(
    new RegExp(`^ARC_DATA_IN_USE Host "edge" runs already on .*, in process ${process.pid} since \\d{4}-`),
  )
  expect(server.held).toBe(true)
  await server.close()
})

test('right after a host was killed the next one takes its name and adopts its server, also when its number was reused', async () => {
  const dataFolder = newFolder()
  const host = await startHost(dataFolder, 'one')
  expect(host.said).toBe('open\n')
  const before = await findPostmaster(files, clusterOf(dataFolder))
  await host.kill()
  // As if another process, this one, had got the number of the killed host.
  await files.write(
    join(dataFolder, 'hosts', 'one.json'),
    JSON.stringify({ host: 'one', process: process.pid, since: 'x' }),
  )
  const server = await open(dataFolder)
  expect((await findPostmaster(files, clusterOf(dataFolder)))?.process).toBe(before?.process)
  await server.close()
})

test('starts although the number in postmaster.pid belongs to another process now', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder)
  const running = await findPostmaster(files, clusterOf(dataFolder))
  const path = join(clusterOf(dataFolder), 'postmaster.pid')
  const content = await files.read(path)
  await server.close()
  const idle = spawn('sleep', ['60'], process.getuid?.() === 0 ? await ownerOf(clusterOf(dataFolder)) : {})
  await files.write(path, content.replace(String(running?.process), String(idle.pid)), 0o600)
  const { uid, gid } = await ownerOf(clusterOf(dataFolder))
  await files.setOwner(path, uid, gid)
  const again = await open(dataFolder)
  expect(again.held).toBe(true)
  await again.close()
  idle.kill()
})

async function ownerOf(path: string): Promise<{ uid: number; gid: number }> {
  const facts = await files.stat(path)
  return { uid: facts?.uid ?? 0, gid: facts?.gid ?? 0 }
}

test.each([
  ['fsync = off', 'fsync'],
  ['full_page_writes = off', 'full_page_writes'],
  ['synchronous_commit = off', 'synchronous_commit'],
])('refuses a server whose configuration says %s', async (line, name) => {
  const dataFolder = newFolder()
  await (await open(dataFolder)).close()
  const configuration = join(clusterOf(dataFolder), 'postgresql.conf')
  await files.write(configuration, `${await files.read(configuration)}\n${line}\n`, 0o644)
  await expect(open(dataFolder)).rejects.toMatchObject({
    code: 'ARC_DATABASE_SETTINGS',
    details: { settings: [name] },
  })
  expect(await findPostmaster(files, clusterOf(dataFolder))).toBeUndefined()
})

test('refuses durability weakened for a role or a database', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder)
  {
    await using admin = await connectAdmin(server.adminConnection)
    await admin.query('create role careless')
    await admin.query('alter role careless set synchronous_commit = off')
  }
  await server.close()
  await expect(open(dataFolder)).rejects.toMatchObject({
    code: 'ARC_DATABASE_SETTINGS',
    message: expect.stringContaining('role careless'),
  })
})

test('killed under load, the server is back, pools recover, and every commit is known or reported unknown', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder)
  const seen: string[] = []
  server.listen({
    lost: () => seen.push('lost'),
    regained: () => seen.push('regained'),
    restarted: () => seen.push('restarted'),
  })
  const connection = server.adminConnection
  const database = createServiceDatabase({
    environment,
    service: 'x',
    writer: connection,
    reader: connection,
  })
  await database.query({ text: 'create table effect (id int primary key)', values: [] })
  const fate = { committed: [] as number[], unknown: [] as number[], none: [] as number[] }
  let next = 0
  let running = true

  async function client(): Promise<void> {
    while (running) {
      const id = ++next
      try {
        await using transaction = await database.begin()
        await transaction.query({ text: 'insert into effect values ($1)', values: [id] })
        await transaction.commit([])
        fate.committed.push(id)
      } catch (error) {
        if (!isArchipelError(error) || error.code !== 'ARC_DATABASE_UNAVAILABLE') throw error
        fate[error.effect === 'unknown' ? 'unknown' : 'none'].push(id)
      }
    }
  }

  const clients = Array.from({ length: 8 }, client)
  for (let kill = 0; kill < 3; kill++) {
    const enough = fate.committed.length + 50
    await until(() => fate.committed.length > enough && server.held)
    process.kill((await findPostmaster(files, clusterOf(dataFolder)))?.process ?? 0, 'SIGKILL')
    await until(() => !server.held)
    await until(() => server.held)
  }
  running = false
  await Promise.all(clients)

  const rows = await database.query({ text: 'select id from effect', values: [] })
  const present = new Set(rows.map((row) => Number(row['id'])))
  expect(fate.committed.filter((id) => !present.has(id))).toEqual([])
  expect(fate.none.filter((id) => present.has(id))).toEqual([])
  expect(fate.unknown.length + fate.none.length).toBeGreaterThan(0)
  expect([...present].filter((id) => !fate.committed.includes(id) && !fate.unknown.includes(id))).toEqual([])
  expect(seen).toEqual([
    'lost',
    'restarted',
    'regained',
    'lost',
    'restarted',
    'regained',
    'lost',
    'restarted',
    'regained',
  ])
  await database.close()
  await server.close()
})

test('killed beside a backend that computes for ever, the server is back soon', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder)
  await using admin = await connectAdmin(server.adminConnection)
  const endless = admin.query('do $$ begin loop end loop; end $$').catch((error: unknown) => error)
  await environment.timers.sleep(100)
  process.kill((await findPostmaster(files, clusterOf(dataFolder)))?.process ?? 0, 'SIGKILL')
  await endless
  await until(() => server.held)
  await server.close()
})

test('a host whose lock connection is cut holds its name again, without a restart', async () => {
  const dataFolder = newFolder()
  const server = await open(dataFolder)
  const seen: string[] = []
  server.listen({
    lost: () => seen.push('lost'),
    regained: () => seen.push('regained'),
    restarted: () => seen.push('restarted'),
  })
  await using admin = await connectAdmin(server.adminConnection)
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'archipel host one'",
  )
  await until(() => seen.includes('regained'))
  expect(seen).toEqual(['lost', 'regained'])
  await server.close()
})

test('takes a given server by its URL, prepares it under the same rules, and leaves it running', async () => {
  await using throwaway = await createThrowawayDatabase()
  const { host, user, password, database } = throwaway.connection
  const databaseUrl = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}`
  const server = await openDatabaseServer({
    environment,
    dataFolder: newFolder(),
    host: 'one',
    databaseUrl,
    log,
  })
  expect(server).toMatchObject({ embedded: false, held: true, version: expect.stringMatching(/^\d+/) })
  await expect(
    openDatabaseServer({ environment, dataFolder: newFolder(), host: 'one', databaseUrl, log }),
  ).rejects.toMatchObject({
    code: 'ARC_DATA_IN_USE',
  })
  await server.close()
  await using admin = await connectAdmin(throwaway.connection)
  await admin.query(`alter database ${database} set synchronous_commit = off`)
  await expect(
    openDatabaseServer({ environment, dataFolder: newFolder(), databaseUrl, log }),
  ).rejects.toMatchObject({
    code: 'ARC_DATABASE_SETTINGS',
    message: expect.stringContaining(`database ${database}`),
  })
})

test('says what is wrong with a URL, never its password', async () => {
  const databaseUrl = 'postgres://somebody:canary@127.0.0.1:99999/x'
  const failed = openDatabaseServer({ environment, dataFolder: newFolder(), databaseUrl, log })
  await expect(failed).rejects.toSatisfy(
    (error: Error) => isArchipelError(error) && !error.message.includes('canary'),
  )
})

test.runIf(process.getuid?.() === 0)(
  'as root, in a folder closed to others, data and programs live under /var/lib/archipel',
  async () => {
    const closed = newFolder()
    const homes = async (): Promise<string[]> => {
      const names = (await files.exists('/var/lib/archipel')) ? await files.list('/var/lib/archipel') : []
      // The copy of the programs is shared by all.
      return names.filter((name) => !name.startsWith('postgresql-'))
    }
    const before = await homes()
    await files.makeFolder(closed, 0o700)
    const server = await open(join(closed, 'data'))
    expect(await files.exists(join(closed, 'data', 'postgres'))).toBe(false)
    await server.close()
    const made = (await homes()).filter((name) => !before.includes(name))
    expect(made).toHaveLength(1)
    for (const home of made) await files.remove(join('/var/lib/archipel', home))
  },
)
