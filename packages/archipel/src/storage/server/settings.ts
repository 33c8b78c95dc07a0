import { frameworkError } from '../../errors/index.ts'
import { ask } from '../connection/admin.ts'
import type { Connection } from '../connection/connection.ts'

const OLDEST_VERSION = 150_000

const READ = `
  select name, setting, 'the server' as level from pg_settings
   where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'server_version', 'server_version_num')
  union all
  select split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1),
         concat_ws(' in ', 'role ' || nullif(setrole, 0)::regrole, 'database ' || datname)
    from pg_db_role_setting left join pg_database on pg_database.oid = setdatabase, unnest(setconfig) as entry
   where split_part(entry, '=', 1) in ('fsync', 'full_page_writes', 'synchronous_commit')
     and (setdatabase = 0 or datname = current_database())
  order by name, level`

export interface ServerSettings {
  /** Such as `18.4`. */
  readonly version: string
  /** What decides about durability, as `name = value` lines: printed at start and by every benchmark. */
  readonly lines: readonly string[]
}

/**
 * Reads what the server is and whether a commit that it answered is on disk.
 * @throws ARC_DATABASE_SETTINGS for a server that is too old or whose durability is weakened, at whatever level.
 * @param checksums whether data checksums are demanded, as on a server of our own.
 */
export async function readSettings(
  connection: Connection,
  checksums: 'demanded' | 'wished',
): Promise<ServerSettings> {
  const rows = (await ask(connection, READ)) as { name: string; setting: string; level: string }[]
  const value = (name: string) => rows.find((row) => row.name === name)?.setting ?? ''
  const version = value('server_version').split(' ')[0] ?? ''
  if (Number(value('server_version_num')) < OLDEST_VERSION) {
    throw frameworkError('ARC_DATABASE_SETTINGS', `PostgreSQL ${version} is too old: 15 or later is needed.`)
  }
  const durability = rows.filter((row) => !row.name.startsWith('server_version'))
  const weak = durability.filter((row) => isWeak(row.name, row.setting, checksums))
  if (weak.length > 0) {
    const list = weak.map((row) => `${row.name} = ${row.setting} (${row.level})`).join(', ')
    throw frameworkError(
      'ARC_DATABASE_SETTINGS',
      `Settings of the database would lose what was promised: ${list}.`,
      {
        details: { settings: weak.map((row) => row.name) },
      },
    )
  }
  return {
    version,
    lines: durability.map(
      (row) => `${row.name} = ${row.setting}${row.level === 'the server' ? '' : ` (${row.level})`}`,
    ),
  }
}

function isWeak(name: string, setting: string, checksums: 'demanded' | 'wished'): boolean {
  if (name === 'data_checksums') return checksums === 'demanded' && setting !== 'on'
  if (name === 'synchronous_commit') return ['off', 'false', 'no', '0'].includes(setting.toLowerCase())
  return !['on', 'true', 'yes', '1'].includes(setting.toLowerCase())
}
