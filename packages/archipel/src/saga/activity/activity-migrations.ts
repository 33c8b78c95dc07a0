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

/** The table of the activities of a service, in its own schema. */
export const activityMigrations: readonly Migration[] = [
  { name: '0001-activities', sql: TABLE },
  { name: '0002-unsent', sql: UNSENT },
  { name: '0003-started', sql: STARTED },
]
