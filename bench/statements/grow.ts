import { Client } from 'pg'
import { OURSELVES } from './server-log.ts'

/**
 * Makes a large shop of a small one, by SQL in the live schema: each row that belongs to orders is copied many times,
 * the identifiers in it changed alike everywhere, so that every reference holds and every copy is another order of
 * another customer.
 */
export interface GrowOptions {
  readonly databaseUrl: string
  readonly copies: number
  /** Tables of these schemas, but for what doesn't grow with orders. */
  readonly leave: readonly string[]
}

/** Shelves, products, figures by day, what the framework keeps once for each subscription, and what it deletes again. */
export const LEFT = [
  'products', 'categories', 'product_categories', 'prices', 'images', 'image_chunks', 'shelves', 'openings',
  'signing_keys', 'sign_in_failures', 'prepared', 'revenue', 'archipel_subscriptions', 'archipel_inbox',
  'archipel_retries', 'archipel_parked_keys', 'archipel_dead_letters', 'archipel_activities', 'flake',
] // prettier-ignore

/** Where the log of the small shop begins, so that copies of what was handled have room before it. */
export const FIRST_POSITION = 20_000_000
const LOG = 'archipel_bus.log'
const AT_ONCE = 40

/** Further back in time by 65.5 seconds for each copy (one in the first eight digits of an identifier), from before the shop was opened. */
const FUNCTIONS = `
create schema bench;
create function bench.first_digits(copy int) returns text language sql immutable as $$
  select lpad(to_hex((extract(epoch from timestamptz 'BEGUN')::bigint * 1000 >> 16) - 100 - copy), 8, '0')
$$;
create function bench.changed(value text, first text) returns text language sql immutable as $$
  select regexp_replace(value, '[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', first || '\\1', 'g')
$$;
create function bench.renamed(value text, first text, copy int) returns text language sql immutable as $$
  select case when value ~ '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}' then bench.changed(value, first) else value || '~' || copy end
$$;
`

/** Names that are another for each copy, where they hold no identifier. */
const NAMES = ['key', 'email', 'external_reference', 'tracking_number', 'message_id', 'id', 'correlation_id']
const MOMENTS = ['due_at', 'first_sent_at']

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
}

export async function grow({ databaseUrl, copies, leave }: GrowOptions): Promise<void> {
  const database = new Client({ connectionString: databaseUrl, application_name: OURSELVES })
  await database.connect()
  try {
    // Nothing that checks or starts anything for a row: what is copied was right.
    await database.query('set session_replication_role = replica')
    await database.query(FUNCTIONS.replace('BEGUN', new Date().toISOString()))
    const columns = (await database.query<Column>(COLUMNS, [leave])).rows
    for (const [table, its] of Map.groupBy(columns, (column) => column.table)) {
      await copyTable(database, table, its, copies)
    }
    await database.query('drop schema bench cascade')
  } finally {
    await database.end()
  }
}

const COLUMNS = `
  select format('%I.%I', n.nspname, c.relname) as "table", a.attname as name, format_type(a.atttypid, null) as type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
      and (n.nspname !~ '^(pg_|information_schema|archipel|bench|public)' or c.oid = to_regclass('archipel_bus.log'))
      and c.relname <> all ($1)
    order by 1, a.attnum`

async function copyTable(
  database: Client,
  table: string,
  columns: readonly Column[],
  copies: number,
): Promise<void> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  await database.query(`create unlogged table bench.template as table ${table}`)
  if (table === LOG) await database.query(`delete from bench.template where position <= ${FIRST_POSITION}`)
  const { rows } = await database.query<{ last: string }>('select count(*)::text as last from bench.template')
  const each = Number(rows[0]?.last)
  const values = columns.map((column) => valueOf(column, table)).join(', ')
  for (let last = each === 0 ? 0 : copies; last > 0; last -= AT_ONCE) {
    await database.query(
      `insert into ${table} (${names}) select ${values}
        from generate_series($1::int, $2::int, -1) as copy, lateral (select bench.first_digits(copy) as first offset 0) f, bench.template t`,
      [last, Math.max(1, last - AT_ONCE + 1)],
    )
  }
  await database.query('drop table bench.template')
}

function valueOf({ name, type }: Column, table: string): string {
  const value = `t."${name}"`
  if (table === LOG) {
    // Before all that was ever handled; and nobody reads again what they say.
    if (name === 'position' || name === 'drawn')
      return `${value} - copy * (select max(position) - ${FIRST_POSITION} from bench.template)`
    if (name === 'event')
      return `bench.changed((${value} - 'data' - 'traceparent' - 'causationId' || '{"data":{}}')::text, f.first)::jsonb`
  }
  // One trader brings all of them, as in life.
  if (name === 'trader_id') return value
  if (type === 'uuid') return `bench.changed(${value}::text, f.first)::uuid`
  if (type === 'timestamp with time zone') return `${value} - copy * interval '65.536 s'`
  if (type === 'bigint' && MOMENTS.includes(name)) return `${value} - copy * 65536`
  if (type === 'json' || type === 'jsonb') return `bench.changed(${value}::text, f.first)::${type}`
  if (type === 'text')
    return NAMES.includes(name)
      ? `bench.renamed(${value}, f.first, copy)`
      : `bench.changed(${value}, f.first)`
  if (type === 'bytea' && name === 'secret_hash') return `sha256(${value} || copy::text::bytea)`
  return value
}
