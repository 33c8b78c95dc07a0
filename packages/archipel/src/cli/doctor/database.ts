import { systemClock, systemEnvironment } from '../../environment/index.ts'
import { inspectEmbedded, inspectServer, readUrl, type ServerReport } from '../../storage/index.ts'
import type { JsonObject } from '../../errors/index.ts'
import { fault, messageOf, ok, warning, type Finding } from './checks.ts'

type Report = Pick<
  ServerReport,
  | 'version'
  | 'durability'
  | 'refusal'
  | 'clockAheadMs'
  | 'connections'
  | 'mostConnections'
  | 'preparedTransactions'
>

const CHECK = 'PostgreSQL'
const DURABLE = 'Switch fsync, full_page_writes and synchronous_commit on, for every role and database.'
const REACHABLE = 'See that it runs, and that host, port, user and password in DATABASE_URL are right.'
const CLOCK_APART_MS = 1_000
/** Of the connections that a server allows. */
const MANY = 0.9

/** A PostgreSQL of the user's own. */
export async function checkGivenDatabase(url: string): Promise<Finding[]> {
  try {
    return findingsOf(await inspectServer(readUrl(url), systemClock))
  } catch (error) {
    // Never the URL itself: it holds a password.
    return [fault(CHECK, `not reachable: ${messageOf(error)}`, REACHABLE)]
  }
}

/** The embedded one, while nothing runs. */
export async function checkEmbeddedDatabase(dataFolder: string): Promise<Finding[]> {
  try {
    const { cluster, process: id } = await inspectEmbedded(systemEnvironment(), dataFolder)
    if (id !== undefined)
      return [
        warning(
          CHECK,
          `the embedded server still runs without a host, as process ${id}`,
          'A host was killed. Start the application: it goes on with this server and takes up all work.',
        ),
      ]
    return [
      ok(CHECK, cluster === undefined ? 'embedded; made at the first start' : `embedded, in ${cluster}`),
    ]
  } catch (error) {
    return [
      fault(CHECK, messageOf(error), 'Run npm install with optional dependencies, or set DATABASE_URL.'),
    ]
  }
}

/** What a running host says of its own. */
export function checkRunningDatabase(report: JsonObject): Finding[] {
  const number = (name: string) => Number(report[name] ?? 0)
  const { version, refusal, durability } = report
  return findingsOf({
    version: typeof version === 'string' ? version : undefined,
    refusal: typeof refusal === 'string' ? refusal : undefined,
    durability: Array.isArray(durability) ? durability.map(String) : [],
    clockAheadMs: number('clockAheadMs'),
    connections: number('connections'),
    mostConnections: number('mostConnections'),
    preparedTransactions: number('preparedTransactions'),
  })
}

export function findingsOf(report: Report): Finding[] {
  const { version, refusal, durability, clockAheadMs, connections, mostConnections, preparedTransactions } =
    report
  return [
    refusal === undefined
      ? ok(CHECK, `${version}; ${durability.join(', ')}`)
      : fault(CHECK, refusal, DURABLE),
    ...(durability.includes('data_checksums = off')
      ? [
          warning(
            'checksums',
            'damaged pages stay unnoticed',
            'Enable data checksums: pg_checksums --enable.',
          ),
        ]
      : []),
    ...(Math.abs(clockAheadMs) > CLOCK_APART_MS
      ? [
          fault(
            'clock of PostgreSQL',
            `${Math.abs(clockAheadMs)} ms ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this machine`,
            'Synchronise both clocks (NTP).',
          ),
        ]
      : []),
    connections < mostConnections * MANY
      ? ok('connections', `${connections} of ${mostConnections}`)
      : warning(
          'connections',
          `${connections} of ${mostConnections}`,
          'Raise max_connections before it is full.',
        ),
    ...(preparedTransactions > 0
      ? [
          warning(
            'prepared transactions',
            `${preparedTransactions} hold their locks`,
            'Look at pg_prepared_xacts: whoever prepared them has to end them.',
          ),
        ]
      : []),
  ]
}
