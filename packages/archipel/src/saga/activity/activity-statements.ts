/** The SQL of the activity store. Leases and due times are measured by the clock of the database. */

const LEASE = (parameter: string) => `clock_timestamp() + make_interval(secs => ${parameter}::float8 / 1000)`
const COLUMNS =
  'a.operation, a.principal, a.key, a.fence, a.attempts, a.first_sent_at, a.input_hash, a.call, a.intent, a.outcome, a.last_error, a.unsent'
const MINE = 'operation = $1 and principal = $2 and key = $3 and owner = $4 and fence = $5'

export const INSERT = `
insert into archipel_activities (operation, principal, key, owner, lease_until, first_sent_at, input_hash, call, intent)
values ($1, $2, $3, $4, ${LEASE('$5')}, $6, $7, $8, $9)`

/**
 * With the transaction that wants them: nobody's yet, and nothing of them has left. What a host of the former version
 * only wished for is begun by this.
 */
export const INTEND = `
insert into archipel_activities as a
  (operation, principal, key, state, lease_until, attempts, first_sent_at, input_hash, call, intent)
select operation, principal, key, 'intended', clock_timestamp(), 0, $4, input_hash, call, intent
from unnest($1::text[], $2::text[], $3::text[], $5::bytea[], $6::json[], $7::json[])
  as w (operation, principal, key, input_hash, call, intent)
on conflict (operation, principal, key) do update
set state = excluded.state, owner = null, fence = a.fence + 1, due_at = excluded.due_at,
  input_hash = excluded.input_hash, call = excluded.call, intent = excluded.intent
where a.state = 'started'`

/** One look for all activities, however many wait: `now()` is a bound of the index, which `clock_timestamp()` is not. */
export const WAITING = `
select o.operation from unnest($1::text[]) as o (operation)
where exists (select from archipel_activities a
  where a.state = 'intended' and a.operation = o.operation and a.due_at <= now())`

/** The longest waiting ones of an activity, and that they are being sent: from here on nobody knows whether they have left. */
export const TAKE = `
with due as (
  select operation, principal, key, due_at from archipel_activities
  where state = 'intended' and operation = $2 and due_at <= clock_timestamp()
  order by due_at limit $3 for update skip locked
), taken as (
  update archipel_activities a
  set state = 'working', owner = $1, fence = a.fence + 1, lease_until = ${LEASE('$4')}, attempts = a.attempts + 1,
    first_sent_at = case a.attempts when 0 then $5::bigint else a.first_sent_at end
  from due where a.operation = due.operation and a.principal = due.principal and a.key = due.key
  returning ${COLUMNS}, due.due_at
)
select ${COLUMNS} from taken a order by a.due_at`

/** Nothing has left, and nobody waits for it: whoever has room takes it when it is due. */
export const PUT_BACK = `
update archipel_activities set state = 'intended', owner = null, last_error = $6, due_at = ${LEASE('$7')}, unsent = false
where ${MINE} returning 1 as mine`

/** With the transaction that settles: all of them are the caller's, or it fails. */
export const FINISH = 'select archipel_activities_finish($1, $2, $3, $4, $5)'

export const POSTPONE = `
update archipel_activities
set attempts = attempts + 1, last_error = $6, due_at = ${LEASE('$7')}, owner = case when $8::bool then null else owner end,
  unsent = $9::bool
where ${MINE} returning 1 as mine`

/** Before something that never repeats is sent again: from here on nobody knows whether it has left. */
export const SENDING = `update archipel_activities set unsent = false where ${MINE} returning 1 as mine`

export const KEEP_OUTCOME = `
update archipel_activities
set outcome = $6::json, last_error = $7, due_at = ${LEASE('$8')}, owner = case when $9::bool then null else owner end
where ${MINE} returning 1 as mine`

export const GIVE_TO_PERSON = `update archipel_activities set state = 'unknown', owner = null, last_error = $6 where ${MINE} returning 1 as mine`

/** In the order of keys, as `FINISH` gets them: two statements over the same rows don't deadlock. */
export const RENEW = `
with mine as (
  select a.operation, a.principal, a.key from archipel_activities a
  join unnest($2::text[], $3::text[], $4::text[]) as w (operation, principal, key)
    on a.operation = w.operation and a.principal = w.principal and a.key = w.key
  where a.owner = $1 order by a.operation, a.principal, a.key for no key update of a
)
update archipel_activities a set lease_until = ${LEASE('$5')}
from mine where a.operation = mine.operation and a.principal = mine.principal and a.key = mine.key and a.owner = $1
returning a.operation, a.principal, a.key`

/** The owner fell silent, or it is a former run of the claimer's own host: an instance is named HOST/RUN. */
export const SILENT =
  "(lease_until < clock_timestamp() or (owner <> $1 and split_part(owner, '/', 1) = split_part($1, '/', 1)))"

export const CLAIM_DUE = `
with due as (
  select operation, principal, key from archipel_activities
  where state = 'working' and due_at <= clock_timestamp() and (owner is null or ${SILENT}) and operation = any ($2)
  order by due_at limit $3 for update skip locked
)
update archipel_activities a set owner = $1, fence = a.fence + 1, lease_until = ${LEASE('$4')}
from due where a.operation = due.operation and a.principal = due.principal and a.key = due.key
returning ${COLUMNS}`

/** Whether anything is left to do by this instance, which may just be claiming it. */
export const ANY_DUE = `select exists (select from archipel_activities
  where state <> 'unknown' and (owner is null or owner = $1) and operation = any ($2)) as due`

export const UNKNOWN = `select ${COLUMNS} from archipel_activities a where state = 'unknown' order by first_sent_at limit 100`

export const ABOUT = `
select a.operation, a.call ->> 'key' as effect_key, a.state, a.attempts, a.first_sent_at, a.last_error,
  a.call ->> 'correlationId' as correlation_id
from archipel_activities a where a.call ->> 'correlationId' = any ($1) order by a.first_sent_at limit $2`

/** A person takes it up again: with the outcome they found, or to send once more. */
export const TAKE_UP = `
update archipel_activities a
set state = 'working', owner = $4, fence = a.fence + 1, lease_until = ${LEASE('$5')}, outcome = $6::json, unsent = false,
  attempts = case when $6::json is null then a.attempts + 1 else a.attempts end,
  first_sent_at = case when $6::json is null then $7::bigint else a.first_sent_at end,
  notes = a.notes || $8::jsonb
where a.operation = $1 and a.principal = $2 and a.key = $3 and a.state = 'unknown'
returning ${COLUMNS}`
