import type { Migration } from '../../storage/index.ts'

/**
 * `origin` never changes, `progress` with each step: as `json`, not `jsonb`, which refuses some strings that JSON
 * can carry. A normal transition touches no indexed column, so that the update stays within its page.
 */
const TABLE = `
create table archipel_sagas (
  saga text not null,
  id text not null,
  version int not null,
  status text not null check (status in ('running', 'compensating', 'completed', 'compensated', 'stuck', 'abandoned')),
  tries int not null,
  -- Milliseconds since 1970.
  due_at bigint not null,
  owner text,
  fence bigint not null,
  lease_until timestamptz,
  cancel text not null default 'none' check (cancel in ('none', 'open', 'taken', 'too-late')),
  cancel_reason json,
  cancel_at timestamptz,
  origin json not null,
  progress json not null,
  primary key (saga, id)
) with (fillfactor = 70);

create index archipel_sagas_free on archipel_sagas (due_at) where owner is null and status in ('running', 'compensating');
create index archipel_sagas_owned on archipel_sagas (lease_until) where owner is not null;
create index archipel_sagas_cancel on archipel_sagas (owner) where cancel = 'open';
create index archipel_sagas_not_ended on archipel_sagas (status) where status in ('running', 'compensating', 'stuck');
`

/**
 * Row by row, each by its primary key: one statement over all of them is planned while the table is small, reads all of
 * it, and goes on doing so when it is large.
 */
const SAVE = `
create function archipel_sagas_save(me text, sagas text[], ids text[], fences bigint[], statuses text[], tried int[],
  due bigint[], progresses text[], on_cancel text[], releases boolean[])
returns table (saved_saga text, saved_id text) language plpgsql volatile as $$
begin
  for n in 1 .. cardinality(ids) loop
    update archipel_sagas s
    set status = statuses[n], tries = tried[n], due_at = due[n], progress = progresses[n]::json,
      cancel = case when s.cancel = 'open' and on_cancel[n] in ('taken', 'too-late') then on_cancel[n] else s.cancel end,
      owner = case when releases[n] then null else s.owner end
    where s.saga = sagas[n] and s.id = ids[n] and s.owner = me and s.fence = fences[n]
      and not (s.cancel = 'open' and on_cancel[n] = 'refuse');
    if found then
      saved_saga := sagas[n];
      saved_id := ids[n];
      return next;
    end if;
  end loop;
end $$;
`

/** What never changes costs the updates of a saga nothing: they stay within their page. */
const STORY = `create index archipel_sagas_correlation on archipel_sagas ((origin ->> 'correlationId'))`

/** Ended sagas by their age: written once in the life of a saga, so that housekeeping never reads the whole table. */
const ENDED = `create index archipel_sagas_ended on archipel_sagas (due_at) where status in ('completed', 'compensated', 'abandoned')`

/**
 * Each by its primary key, also where PostgreSQL last looked while nobody owned anything: `owner = me` would let it take
 * the index of all that are owned. And the few sagas that were undone are found among the many that were not.
 */
const BY_KEY = `
${SAVE.replace('create function', 'create or replace function').replace('s.owner = me', 's.owner is not distinct from me')}
create index archipel_sagas_undone on archipel_sagas (status, saga, id) where status in ('compensated', 'abandoned');
`

/** The table of the sagas that a service starts, in its own schema, with the rights that the schema gives by default. */
export const sagaMigrations: readonly Migration[] = [
  { name: '0001-sagas', sql: TABLE },
  { name: '0002-save', sql: SAVE },
  { name: '0003-story', sql: STORY },
  { name: '0004-ended', sql: ENDED },
  { name: '0005-sagas-by-key', sql: BY_KEY },
]
