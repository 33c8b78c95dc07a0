import type { Migration } from '../../../storage/index.ts'
import { RETENTION } from './retention-migration.ts'
import { STORY } from './story-migration.ts'

/**
 * The shared lock of writers, as one bigint: space 3 in the top byte. In `pg_locks` that is classid 3 << 24,
 * objid 0, objsubid 1.
 */
const WRITERS_LOCK = '(3::bigint << 56)'

const TABLES = `
create sequence archipel_bus.positions as bigint cache 1;

create table archipel_bus.log (
  position bigint not null,
  -- The position under which append wrote the row. A copy made by hand under another one is counted as
  -- written and never delivered: the delivery counters drift and raise an alarm.
  drawn bigint not null,
  publisher text not null,
  type text not null,
  key text not null,
  event jsonb not null,
  primary key (position)
) partition by range (position);
create index log_by_publisher on archipel_bus.log (publisher, position);

create table archipel_bus.members (
  role name primary key,
  service text not null
);

create table archipel_bus.subscriptions (
  service text not null,
  name text not null,
  publisher text not null,
  -- Each type begins after its own mark: one that was added later began at the mark of that moment.
  types text[] not null,
  type_marks bigint[] not null,
  from_position bigint not null,
  -- Events counted in the log up to counted_to; only ranges at or below the durable position are counted.
  counted bigint not null default 0,
  counted_to bigint not null,
  since timestamptz not null default now(),
  primary key (service, name)
);
`

/** Partitions are attached, not created in place: only that leaves writers alone. */
const PARTITIONS = `
create function archipel_bus.make_partitions(ahead int) returns int
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  size constant bigint := 1000000;
  last bigint;
  made int := 0;
  child text;
begin
  last := coalesce(pg_sequence_last_value('archipel_bus.positions'), 0);
  for number in (last / size) .. (last / size + ahead) loop
    child := 'log_' || number;
    if to_regclass('archipel_bus.' || child) is null then
      -- Two keepers that make the same partition: the second one waits here and then finds it.
      perform pg_advisory_xact_lock((3::bigint << 56) | 1);
      if to_regclass('archipel_bus.' || child) is null then
        execute format('create table archipel_bus.%I (like archipel_bus.log including defaults including indexes)', child);
        execute format('alter table archipel_bus.log attach partition archipel_bus.%I for values from (%s) to (%s)',
          child, number * size, (number + 1) * size);
        made := made + 1;
      end if;
    end if;
  end loop;
  return made;
end $$;
select archipel_bus.make_partitions(2);
`

const APPEND = `
create function archipel_bus.append(events jsonb) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  stamped text;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'archipel_bus.append needs READ COMMITTED' using errcode = 'invalid_transaction_state';
  end if;
  select service into stamped from archipel_bus.members where role = session_user;
  if stamped is null then
    raise exception 'role % is no member of the bus', session_user using errcode = 'insufficient_privilege';
  end if;
  -- The lock first, the positions in a statement of their own: whoever reads the sequence's last value and then
  -- finds this lock free knows that every position up to it is committed or will never be.
  perform pg_advisory_xact_lock_shared(${WRITERS_LOCK});
  insert into archipel_bus.log (position, drawn, publisher, type, key, event)
  select drawn.position, drawn.position, stamped, drawn.event ->> 'type', drawn.event ->> 'key', drawn.event - 'type' - 'key'
  from (select nextval('archipel_bus.positions') as position, value as event from jsonb_array_elements(events) offset 0) drawn;
end $$;
`

const TAKE = `
create function archipel_bus.take(of_service text, of_subscription text, after bigint, up_to bigint, most int)
returns table (at bigint, publisher text, type text, key text, event jsonb)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  wanted archipel_bus.subscriptions;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'archipel_bus.take needs READ COMMITTED' using errcode = 'invalid_transaction_state';
  end if;
  if not exists (select from archipel_bus.members m where m.role = session_user and m.service = of_service) then
    raise exception 'role % does not belong to service %', session_user, of_service using errcode = 'insufficient_privilege';
  end if;
  select * into wanted from archipel_bus.subscriptions s where s.service = of_service and s.name = of_subscription;
  if not found then
    raise exception 'service % has no subscription %', of_service, of_subscription using errcode = 'undefined_object';
  end if;
  return query
    select l.position, l.publisher, l.type, l.key, l.event
    from archipel_bus.log l
    where l.publisher = wanted.publisher and l.position > after and l.position <= up_to and l.drawn = l.position
      and l.position > wanted.type_marks[array_position(wanted.types, l.type)]
    order by l.position
    limit most;
end $$;
`

const SURVEY = `
-- For the keeper of the mark. Three statements, each with a snapshot of its own: the last position drawn; who
-- holds the writers' lock; and only if nobody does, what was written up to there (null for a range that is too
-- long to be worth it).
create function archipel_bus.survey(known bigint, out last bigint, out holders text[], out kinds text[], out backend int)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'archipel_bus.survey needs READ COMMITTED' using errcode = 'invalid_transaction_state';
  end if;
  -- Never "select last_value": nextval stores a value 32 ahead for a moment, which a scan of the sequence may see. The
  -- mark would then lie beyond positions that are yet to be drawn. This function reads under the lock of nextval.
  last := coalesce(pg_sequence_last_value('archipel_bus.positions'), 0);
  select coalesce(array_agg(virtualtransaction), '{}') into holders
  from pg_locks
  where locktype = 'advisory' and classid = 50331648 and objid = 0 and objsubid = 1
    and database = (select oid from pg_database where datname = current_database());
  backend := pg_backend_pid();
  if last > known and last - known <= 20000 and holders = '{}' then
    kinds := archipel_bus.kinds(known, last);
  end if;
end $$;

-- Which publishers and types stand in a range, as 'publisher type': tells the keeper whom to wake.
create function archipel_bus.kinds(after bigint, up_to bigint) returns text[]
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(distinct publisher || ' ' || type), '{}')
  from archipel_bus.log where position > after and position <= up_to
$$;

-- Writers' locks of roles that are no members, and of prepared transactions: nobody ends those by itself.
create function archipel_bus.unknown_writers() returns bigint
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select count(*) from pg_locks l left join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = 50331648 and l.objid = 0 and l.objsubid = 1
    and l.database = (select oid from pg_database where datname = current_database())
    and not exists (select from archipel_bus.members m where m.role = a.usename)
$$;
`

const REGISTRATION = `
create function archipel_bus.join_service(of_service text, joining name, writes boolean) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from archipel_bus.members where role = joining and service = of_service) then
    return;
  end if;
  -- Grants of two hosts at once would refuse each other.
  perform pg_advisory_xact_lock((3::bigint << 56) | 1);
  insert into archipel_bus.members (role, service) values (joining, of_service)
  on conflict (role) do update set service = excluded.service;
  execute format('grant usage on schema archipel_bus to %I', joining);
  execute format('grant execute on function archipel_bus.take(text, text, bigint, bigint, int) to %I', joining);
  if writes then
    execute format('grant execute on function archipel_bus.append(jsonb) to %I', joining);
  end if;
end $$;

-- Registers a subscription, or types that it hasn't yet. Where it must begin at the mark of this moment and none
-- is given, nothing happens and the outcome says so.
create function archipel_bus.subscribe(of_service text, of_name text, of_publisher text, wanted text[], from_start boolean, mark bigint)
returns table (from_position bigint, outcome text)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  known archipel_bus.subscriptions;
  added text[];
  beginning bigint := case when from_start then 0 else mark end;
begin
  if beginning is null and not exists (select from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name) then
    return query select null::bigint, 'needs the mark';
    return;
  end if;
  insert into archipel_bus.subscriptions as s (service, name, publisher, types, type_marks, from_position, counted_to)
  select of_service, of_name, of_publisher, wanted, array_fill(beginning, array[cardinality(wanted)]), beginning, beginning
  where beginning is not null
  on conflict (service, name) do nothing;
  if found then
    return query select beginning, 'created';
    return;
  end if;
  select * into known from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name for update;
  if known.publisher <> of_publisher then
    return query select known.from_position, 'other publisher';
    return;
  end if;
  select array_agg(type) into added from unnest(wanted) type where type <> all (known.types);
  if added is null then
    return query select known.from_position, 'known';
    return;
  end if;
  if mark is null then
    return query select null::bigint, 'needs the mark';
    return;
  end if;
  update archipel_bus.subscriptions s
  set types = known.types || added, type_marks = known.type_marks || array_fill(mark, array[cardinality(added)])
  where s.service = of_service and s.name = of_name;
  return query select known.from_position, 'type added';
end $$;
`

const COUNTING = `
-- Events of a subscription in a range of the log, the copies that take refuses to deliver among them.
create function archipel_bus.written(of_service text, of_name text, after bigint, up_to bigint) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  wanted archipel_bus.subscriptions;
begin
  select * into wanted from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name;
  return (select count(*) from archipel_bus.log l
    where l.publisher = wanted.publisher and l.position > after and l.position <= up_to
      and l.position > wanted.type_marks[array_position(wanted.types, l.type)]);
end $$;

-- Written up to a mark, by what was counted before plus the rest; and the positions above the durable one that
-- are to be delivered. With recount nothing that was counted before is believed.
create function archipel_bus.count_written(of_service text, of_name text, durable bigint, up_to bigint, recount boolean)
returns table (written bigint, open_positions bigint[])
language plpgsql volatile
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  wanted archipel_bus.subscriptions;
begin
  select * into wanted from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name;
  if recount then
    wanted.counted := 0;
    wanted.counted_to := wanted.from_position;
  end if;
  return query select
    wanted.counted + archipel_bus.written(of_service, of_name, wanted.counted_to, up_to),
    array(select l.position from archipel_bus.log l
      where l.publisher = wanted.publisher and l.position > durable and l.position <= up_to and l.drawn = l.position
        and l.position > wanted.type_marks[array_position(wanted.types, l.type)]);
end $$;

-- Adds the next range to what is counted, at most a million positions at a time.
create function archipel_bus.fold_written(of_service text, of_name text, durable bigint) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  begun bigint;
  ended bigint;
begin
  select s.counted_to into begun from archipel_bus.subscriptions s
  where s.service = of_service and s.name = of_name for update;
  ended := least(durable, begun + 1000000);
  if ended > begun then
    update archipel_bus.subscriptions s
    set counted = s.counted + archipel_bus.written(of_service, of_name, begun, ended), counted_to = ended
    where s.service = of_service and s.name = of_name;
  end if;
end $$;
`

const CLOSED = `
revoke all on all tables in schema archipel_bus from public;
revoke all on all functions in schema archipel_bus from public;
revoke all on schema archipel_bus from public;
`

/** Schema of the bus: runs once in each database, as the role that owns schema `archipel_bus`. */
export const busMigrations: { readonly shared: readonly Migration[] } = {
  shared: [
    {
      name: '0001-bus',
      sql: [TABLES, PARTITIONS, APPEND, TAKE, SURVEY, REGISTRATION, COUNTING, CLOSED].join('\n'),
    },
    { name: '0002-retention', sql: RETENTION },
    { name: '0003-story', sql: STORY },
  ],
}
