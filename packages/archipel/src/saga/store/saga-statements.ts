import type { SagaReference, SagaStatus } from '../types.ts'

/** The SQL of {@link createSagaStore}. Leases are measured by the clock of the database, due times by that of the host. */

/**
 * The owner fell silent, or it is a former run of the claimer's own host: an instance is named HOST/RUN, and a host
 * runs once at a time. Whoever still believes to own the saga is fenced.
 */
const SILENT =
  "(lease_until < clock_timestamp() or (owner <> $1 and split_part(owner, '/', 1) = split_part($1, '/', 1)))"
const AT_WORK = "status in ('running', 'compensating')"
const COLUMNS =
  's.saga, s.id, s.version, s.status, s.tries, s.due_at, s.fence, s.cancel, s.origin, s.progress'

export const START = `
insert into archipel_sagas (saga, id, version, status, tries, due_at, fence, owner, lease_until, origin, progress)
values ($1, $2, $3, $4, 0, $5, $6, $7, case when $7::text is null then null else clock_timestamp() + make_interval(secs => $8::float8 / 1000) end, $9, $10)
on conflict (saga, id) do nothing`

export const REQUEST_CANCEL = `
update archipel_sagas
set cancel = case
    when status in ('compensating', 'compensated') then 'taken'
    when status in ('completed', 'abandoned') then 'too-late'
    else 'open'
  end,
  cancel_reason = $3, cancel_at = clock_timestamp(), due_at = least(due_at, $4::bigint)
where saga = $1 and id = $2 and cancel = 'none'`

/** Free ones and those whose owner fell silent, each found by an index of its own; what is due too far ahead ($7) is due. */
export const CLAIM_DUE = `
with free as (
  select saga, id from archipel_sagas
  where owner is null and ${AT_WORK} and due_at <= $4 and (saga, version) in (select * from unnest($2::text[], $3::int[]))
  order by due_at limit $5 for update skip locked
), silent as (
  select saga, id from archipel_sagas
  where owner is not null and ${SILENT} and ${AT_WORK} and (due_at <= $4 or due_at > $7::bigint)
    and (saga, version) in (select * from unnest($2::text[], $3::int[]))
  order by lease_until limit $5 for update skip locked
), far as (
  select saga, id from archipel_sagas
  where owner is null and ${AT_WORK} and due_at > $7::bigint and (saga, version) in (select * from unnest($2::text[], $3::int[]))
  order by due_at limit $5 for update skip locked
), taken as (
  select * from free union all select * from silent union all select * from far limit $5
)
update archipel_sagas s
set owner = $1, fence = s.fence + 1, lease_until = clock_timestamp() + make_interval(secs => $6::float8 / 1000)
from taken where s.saga = taken.saga and s.id = taken.id
returning ${COLUMNS}`

export const CLAIM_ONE = `
update archipel_sagas s
set owner = $1, fence = s.fence + 1, lease_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
where s.saga = $2 and s.id = $3 and (s.owner is null or s.lease_until < clock_timestamp())
  and s.status in ('running', 'compensating', 'stuck')
returning ${COLUMNS}`

/** Many transitions in one statement; each stands for itself, by the owner and the fence in its own row. */
export const SAVE =
  'select saved_saga as saga, saved_id as id from archipel_sagas_save($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)'

/** Of sagas that were not saved: those that only wait for their request to cancel to be heard. */
export const STILL_OWNED = `
select s.saga, s.id from archipel_sagas s
join unnest($2::text[], $3::text[], $4::bigint[]) as w (saga, id, fence) on s.saga = w.saga and s.id = w.id and s.fence = w.fence
where s.owner is not distinct from $1 and s.cancel = 'open'`

export const RENEW = `
update archipel_sagas s
set lease_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
from unnest($2::text[], $3::text[]) as w (saga, id)
where s.saga = w.saga and s.id = w.id and s.owner is not distinct from $1
returning s.saga, s.id`

export const CANCEL_REQUESTS = "select saga, id from archipel_sagas where cancel = 'open' and owner = $1"

export const FIND = `select ${COLUMNS} from archipel_sagas s where s.saga = $1 and s.id = $2`

/** Few sagas are of these statuses, and each has an index: all of them are read and sorted. */
const FEW = ["('running', 'compensating', 'stuck')", "('compensated', 'abandoned')"]

interface Asked {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

interface ListFilter {
  readonly status: SagaStatus | undefined
  readonly saga: string | undefined
  readonly tries: number
  readonly after: SagaReference | undefined
  readonly limit: number
}

/** A statement has only what was given, so that it is planned for that. */
export function list({ status, saga, tries, after, limit }: ListFilter): Asked {
  const values: unknown[] = [tries, limit]
  const conditions = ['s.tries >= $1::int']
  const given: string[] = []
  const where = (name: string, condition: string) => {
    given.push(name)
    conditions.push(condition)
  }
  if (saga !== undefined) where('saga', `s.saga = $${values.push(saga)}`)
  if (after !== undefined)
    where('after', `(s.saga, s.id) < ($${values.push(after.saga)}, $${values.push(after.id)}::text)`)
  const few = status === undefined ? undefined : FEW.find((statuses) => statuses.includes(`'${status}'`))
  if (status !== undefined) where(few === undefined ? 'status' : 'few', `s.status = $${values.push(status)}`)
  if (few !== undefined) conditions.push(`s.status in ${few}`)
  const found = `select ${COLUMNS} from archipel_sagas s where ${conditions.join(' and ')}`
  const from = few === undefined ? found : `with few as materialized (${found}) select ${COLUMNS} from few s`
  return {
    name: ['list', ...given].join('_'),
    text: `${from} order by s.saga desc, s.id desc limit $2`,
    values,
  }
}

export const ABOUT = `
select ${COLUMNS} from archipel_sagas s
where (s.saga = any ($1) and s.id = $2) or s.origin ->> 'correlationId' = any ($3)
order by s.saga, s.id limit $4`

export const COUNTS = `
select saga, version, status, count(*)::int as count,
  count(*) filter (where status <> 'stuck' and (owner is null or lease_until < clock_timestamp())
    and due_at <= extract(epoch from clock_timestamp()) * 1000 - 10000)::int as overdue
from archipel_sagas where status in ('running', 'compensating', 'stuck') group by saga, version, status`

export const UNHEARD_CANCELS = `
select saga, id from archipel_sagas
where cancel = 'open' and cancel_at < clock_timestamp() - interval '10 seconds' and (owner is null or lease_until < clock_timestamp())
limit 20`
