import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, type Database } from '../harness/database.ts'
import { familyProcessorMs } from '../harness/processes.ts'
import { roomOfStatement } from './rooms.ts'

/** What one room's statements cost. */
export interface StatementSum {
  statements: number
  /** Inside of functions, by them. */
  nested: number
  /** Milliseconds in planning and execution, waits for disk and locks included. */
  ms: number
  walBytes: number
}

export interface ServerMeasured {
  readonly byRoom: ReadonlyMap<string, StatementSum>
  readonly processorMs: number
  readonly commits: number
  /** All of it, what belongs to no statement (commits, checkpoints' page images) included. */
  readonly walBytes: number
}

const SETTINGS = `
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = 'all'
pg_stat_statements.track_planning = on
pg_stat_statements.max = 10000
`
/** PostgreSQL's own counters are up to a second behind. */
const COUNTERS_SETTLE_MS = 1_500

/** A server that counts statements: made, told so in its own configuration, and started again. */
export async function openCountingDatabase(dataFolder: string): Promise<Database> {
  {
    await using made = await openDatabase(dataFolder)
    const [row] = await made.ask('postgres', 'show data_directory')
    await appendFile(join(String(row?.['data_directory']), 'postgresql.conf'), SETTINGS)
  }
  const database = await openDatabase(dataFolder)
  await database.ask('postgres', 'create extension if not exists pg_stat_statements')
  return database
}

interface Counters {
  readonly processorMs: number
  readonly commits: number
  readonly walBytes: number
}

/** What the server does while `work` is at work. */
export async function countStatements(
  database: Database,
  work: () => Promise<void>,
): Promise<ServerMeasured> {
  await sleep(COUNTERS_SETTLE_MS)
  const before = await counters(database)
  await database.ask('postgres', 'select pg_stat_statements_reset()')
  await work()
  const byRoom = await statementsByRoom(database)
  await sleep(COUNTERS_SETTLE_MS)
  const after = await counters(database)
  return {
    byRoom,
    processorMs: after.processorMs - before.processorMs,
    commits: after.commits - before.commits,
    walBytes: after.walBytes - before.walBytes,
  }
}

async function counters(database: Database): Promise<Counters> {
  const [row] = await database.ask(
    'postgres',
    `select (select wal_bytes from pg_stat_wal)::text as wal,
      (select sum(xact_commit) from pg_stat_database where datname like 'boutique%')::text as commits`,
  )
  return {
    processorMs: await familyProcessorMs(database.process),
    commits: Number(row?.['commits']),
    walBytes: Number(row?.['wal']),
  }
}

/** In the shop's own database, the administrator is who looks whether an order has ended: no part of the shop. */
const STATEMENTS = `
  select d.datname as database, r.rolname as role, s.query, s.toplevel, s.calls::text as calls,
      (s.total_plan_time + s.total_exec_time)::text as ms, s.wal_bytes::text as wal
    from pg_stat_statements s join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.userid
    where d.datname like 'boutique\\_%' or (d.datname = 'boutique' and r.rolname <> current_user)`

async function statementsByRoom(database: Database): Promise<Map<string, StatementSum>> {
  const sums = new Map<string, StatementSum>()
  for (const row of await database.ask('postgres', STATEMENTS)) {
    const room = roomOfStatement(String(row['query']), String(row['role']), String(row['database']))
    const sum = sums.get(room) ?? { statements: 0, nested: 0, ms: 0, walBytes: 0 }
    sums.set(room, sum)
    // What a nested one takes and writes is part of what its function does.
    if (row['toplevel'] !== true) {
      sum.nested += Number(row['calls'])
      continue
    }
    sum.statements += Number(row['calls'])
    sum.ms += Number(row['ms'])
    sum.walBytes += Number(row['wal'])
  }
  return sums
}
