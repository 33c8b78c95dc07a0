import type { Migration } from '../../storage/index.ts'

/** Activities that are not settled yet: a row is deleted by the transaction that writes its answer. */
const TABLE = `
create table archipel_activities (
  operation text not null,
  principal text not null,
  key text not null,
  -- unknown: nobody repeats it, a person has to find out.
  state text not null default 'working' check (state in ('working', 'unknown')),
  owner text,
  fence bigint not null default 1,
  lease_until timestamptz not null,
  due_at timestamptz not null default clock_timestamp(),
  -- Sendings that were begun.
  attempts int not null default 1,
  -- Milliseconds since 1970.
  first_sent_at bigint not null,
  input_hash bytea not null,
  call json not null,
  intent json not null,
  -- Known but not settled: {"value": …}.
  outcome json,
  last_error text,
  notes jsonb not null default '[]',
  primary key (operation, principal, key)
);
create index archipel_activities_due on archipel_activities (due_at) where state = 'working';
`

/** What waits for another try although nothing of it has left yet: it may be sent after a crash, also when it never repeats. */
const UNSENT = 'alter table archipel_activities add column unsent boolean not null default false'

/** Requests that a transaction left behind: nothing of them is done yet, their intent is still to be written. */
const STARTED = `
alter table archipel_activities drop constraint archipel_activities_state_check;
alter table archipel_activities add constraint archipel_activities_state_check
  check (state in ('started', 'working', 'unknown'));
create index archipel_activities_started on archipel_activities (due_at) where state = 'started';
`

const FINISH = `-- What is settled goes; the number of the owner stands in the very row. A loop, as a join is planned anew each time.
create function archipel_activities_finish(me text, operations text[], principals text[], keys text[], fences bigint[])
returns void language plpgsql volatile as $$
begin
  for i in 1 .. cardinality(keys) loop
    delete from {{schema}}.archipel_activities a
    where a.operation = operations[i] and a.principal = principals[i] and a.key = keys[i]
      and a.owner = me and a.fence = fences[i] and a.state = 'working';
    if not found then
      raise exception 'another instance took over % of %', keys[i], operations[i] using errcode = 'AR001';
    end if;
  end loop;
end $$;
`

/**
 * Started ones come with their intent. A state of its own, so that hosts of the former version, which would drop what has
 * a record already, don't take them.
 */
const INTENDED = `
alter table archipel_activities drop constraint archipel_activities_state_check;
alter table archipel_activities add constraint archipel_activities_state_check
  check (state in ('started', 'intended', 'working', 'unknown'));
create index archipel_activities_intended on archipel_activities (operation, due_at) where state = 'intended';

${FINISH}`

/** By the primary key, also where PostgreSQL last looked while nothing was at work: the index of all that is at work is no way. */
const BY_KEY = FINISH.replace('create function', 'create or replace function').replace(
  "a.state = 'working'",
  "a.state is not distinct from 'working'",
)

/** The table of the activities of a service, in its own schema. */
export const activityMigrations: readonly Migration[] = [
  { name: '0001-activities', sql: TABLE },
  { name: '0002-unsent', sql: UNSENT },
  { name: '0003-started', sql: STARTED },
  { name: '0004-intended', sql: INTENDED },
  { name: '0005-activities-by-key', sql: BY_KEY },
]
