/**
 * Events that are kept for a time only. Those of one retention class lie in a table of their own beside the log, in
 * ranges of position like it, so that a whole range goes in one moment; `events` is all tables as one. The log itself
 * isn't touched: what was written before stays where it is.
 */
const TABLES = `
create table archipel_bus.retention_classes (
  seconds bigint primary key
);

create table archipel_bus.ranges (
  child name primary key,
  seconds bigint not null references archipel_bus.retention_classes,
  from_position bigint not null,
  to_position bigint not null
);

-- Which types have ever been kept in which class.
create table archipel_bus.kept_types (
  publisher text not null,
  type text not null,
  seconds bigint not null references archipel_bus.retention_classes,
  primary key (publisher, type, seconds)
);

-- How many events are gone: what a subscription from the start has missed.
create table archipel_bus.removed (
  publisher text not null,
  type text not null,
  events bigint not null,
  primary key (publisher, type)
);

alter table archipel_bus.subscriptions
  -- Events of it that were removed after it had passed them.
  add column removed bigint not null default 0,
  -- Events that were gone when it began from the start.
  add column missed bigint not null default 0;

create view archipel_bus.events as select position, drawn, publisher, type, key, event from archipel_bus.log;
`

const CLASSES = `
create function archipel_bus.make_range(parent text, of_seconds bigint, number bigint) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  size constant bigint := 1000000;
  child text := parent || '_' || number;
begin
  if to_regclass('archipel_bus.' || child) is not null then
    return false;
  end if;
  execute format('create table archipel_bus.%I (like archipel_bus.%I including defaults including indexes)', child, parent);
  execute format('alter table archipel_bus.%I attach partition archipel_bus.%I for values from (%s) to (%s)',
    parent, child, number * size, (number + 1) * size);
  if of_seconds is not null then
    insert into archipel_bus.ranges (child, seconds, from_position, to_position)
    values (child, of_seconds, number * size, (number + 1) * size);
  end if;
  return true;
end $$;

create or replace function archipel_bus.make_partitions(ahead int) returns int
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  size constant bigint := 1000000;
  used bigint := coalesce(pg_sequence_last_value('archipel_bus.positions'), 0) / size;
  missing record;
  made int := 0;
begin
  for missing in
    select parents.name, parents.seconds, number
    from (select 'log' as name, null::bigint as seconds union all select 'kept_' || c.seconds, c.seconds from archipel_bus.retention_classes c) parents,
      generate_series(used, used + ahead) number
    where to_regclass('archipel_bus.' || parents.name || '_' || number) is null
  loop
    -- Two keepers that make the same partition: the second one waits here and then finds it.
    perform pg_advisory_xact_lock((3::bigint << 56) | 1);
    if archipel_bus.make_range(missing.name, missing.seconds, missing.number) then
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;

-- Says how long events of a type are kept from now on; what is there already stays in its table.
create function archipel_bus.keep_type(of_publisher text, of_type text, of_seconds bigint) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  parent text := 'kept_' || of_seconds;
  tables text;
begin
  if exists (select from archipel_bus.kept_types where publisher = of_publisher and type = of_type and seconds = of_seconds) then
    return;
  end if;
  perform pg_advisory_xact_lock((3::bigint << 56) | 1);
  insert into archipel_bus.retention_classes (seconds) values (of_seconds) on conflict do nothing;
  if found then
    execute format('create table archipel_bus.%I (like archipel_bus.log including defaults, written_at timestamptz not null default clock_timestamp(), primary key (position)) partition by range (position)', parent);
    execute format('create index on archipel_bus.%I (publisher, position)', parent);
    perform archipel_bus.make_partitions(2);
    select string_agg(format('select position, drawn, publisher, type, key, event from archipel_bus.%I', name), ' union all ')
    into tables
    from (select 'log' as name union all select 'kept_' || seconds from archipel_bus.retention_classes) parents;
    execute 'create or replace view archipel_bus.events as ' || tables;
  end if;
  insert into archipel_bus.kept_types (publisher, type, seconds) values (of_publisher, of_type, of_seconds) on conflict do nothing;
end $$;
`

const APPEND = `
create or replace function archipel_bus.append(events jsonb) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  stamped text;
  positions bigint[];
  bodies jsonb[];
  kept bigint;
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
  perform pg_advisory_xact_lock_shared((3::bigint << 56));
  if not events @? '$[*].keepSeconds' then
    insert into archipel_bus.log (position, drawn, publisher, type, key, event)
    select drawn.position, drawn.position, stamped, drawn.event ->> 'type', drawn.event ->> 'key', drawn.event - 'type' - 'key'
    from (select nextval('archipel_bus.positions') as position, value as event from jsonb_array_elements(events) offset 0) drawn;
    return;
  end if;
  select array_agg(drawn.position order by drawn.position), array_agg(drawn.event order by drawn.position) into positions, bodies
  from (select nextval('archipel_bus.positions') as position, value as event from jsonb_array_elements(events) offset 0) drawn;
  insert into archipel_bus.log (position, drawn, publisher, type, key, event)
  select d.position, d.position, stamped, d.event ->> 'type', d.event ->> 'key', d.event - 'type' - 'key'
  from unnest(positions, bodies) d (position, event) where not d.event ? 'keepSeconds';
  for kept in select distinct (body ->> 'keepSeconds')::bigint from unnest(bodies) body where body ? 'keepSeconds' loop
    if not exists (select from archipel_bus.retention_classes where seconds = kept) then
      raise exception 'no event is kept for % seconds', kept using errcode = 'undefined_object';
    end if;
    execute format('insert into archipel_bus.%I (position, drawn, publisher, type, key, event)
      select d.position, d.position, $1, d.event ->> ''type'', d.event ->> ''key'', d.event - ''type'' - ''key'' - ''keepSeconds''
      from unnest($2, $3) d (position, event) where (d.event ->> ''keepSeconds'')::bigint = $4', 'kept_' || kept)
    using stamped, positions, bodies, kept;
  end loop;
end $$;
`

/** As they were, but for the view that they read and for what a recount must not look for any more. */
const READING = `
create or replace function archipel_bus.take(of_service text, of_subscription text, after bigint, up_to bigint, most int)
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
    from archipel_bus.events l
    where l.publisher = wanted.publisher and l.position > after and l.position <= up_to and l.drawn = l.position
      and l.position > wanted.type_marks[array_position(wanted.types, l.type)]
    order by l.position
    limit most;
end $$;

create or replace function archipel_bus.kinds(after bigint, up_to bigint) returns text[]
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(distinct publisher || ' ' || type), '{}')
  from archipel_bus.events where position > after and position <= up_to
$$;

create or replace function archipel_bus.written(of_service text, of_name text, after bigint, up_to bigint) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  wanted archipel_bus.subscriptions;
begin
  select * into wanted from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name;
  return (select count(*) from archipel_bus.events l
    where l.publisher = wanted.publisher and l.position > after and l.position <= up_to
      and l.position > wanted.type_marks[array_position(wanted.types, l.type)]);
end $$;

create or replace function archipel_bus.count_written(of_service text, of_name text, durable bigint, up_to bigint, recount boolean)
returns table (written bigint, open_positions bigint[])
language plpgsql volatile
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  wanted archipel_bus.subscriptions;
begin
  select * into wanted from archipel_bus.subscriptions s where s.service = of_service and s.name = of_name;
  if recount then
    -- What was removed can't be counted again: it was, in the transaction that removed it.
    wanted.counted := wanted.removed;
    wanted.counted_to := wanted.from_position;
  end if;
  return query select
    wanted.counted + archipel_bus.written(of_service, of_name, wanted.counted_to, up_to),
    array(select l.position from archipel_bus.events l
      where l.publisher = wanted.publisher and l.position > durable and l.position <= up_to and l.drawn = l.position
        and l.position > wanted.type_marks[array_position(wanted.types, l.type)]);
end $$;
`

/** Counts what goes, in the transaction that removes it, so that written stays what it was. */
const noted = (source: string) => `
  with gone as (select position, publisher, type from ${source}), noted as (
    insert into archipel_bus.removed as r (publisher, type, events)
    select publisher, type, count(*) from gone group by publisher, type
    on conflict (publisher, type) do update set events = r.events + excluded.events
  )
  update archipel_bus.subscriptions s set removed = s.removed + c.events
  from (
    select s.service, s.name, count(*) as events from archipel_bus.subscriptions s
    join gone g on g.publisher = s.publisher and g.position > s.type_marks[array_position(s.types, g.type)]
    group by s.service, s.name
  ) c
  where s.service = c.service and s.name = c.name`

const REMOVING = `
-- The last position that nobody needs any more of what is kept in a class: final, handled and counted by everyone.
create function archipel_bus.passed_by_all(of_seconds bigint, mark bigint) returns bigint
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select least(mark, min(s.counted_to)) from archipel_bus.subscriptions s
  where exists (select from archipel_bus.kept_types k where k.seconds = of_seconds and k.publisher = s.publisher and k.type = any (s.types))
$$;

-- Drops the oldest range of a class once all of it is older and passed by everyone. Writers need a lock that the drop
-- takes: it waits for them a moment and else leaves it for the next time, so that they never queue behind it.
create function archipel_bus.remove_range(of_seconds bigint, older_than timestamptz, mark bigint) returns bigint
language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' as $$
declare
  passed bigint := archipel_bus.passed_by_all(of_seconds, mark);
  oldest archipel_bus.ranges;
  young boolean;
  gone bigint;
begin
  if not pg_try_advisory_xact_lock((3::bigint << 56) | 2) then
    return 0;
  end if;
  select * into oldest from archipel_bus.ranges r where r.seconds = of_seconds and r.to_position <= passed + 1 order by r.from_position limit 1;
  if not found then
    return 0;
  end if;
  -- The youngest is looked at first: it spares the look at all.
  execute format('select coalesce((select written_at >= $1 from archipel_bus.%1$I order by position desc limit 1), false)
    or exists (select from archipel_bus.%1$I where written_at >= $1)', oldest.child) into young using older_than;
  if young then
    return 0;
  end if;
  execute format('${noted('archipel_bus.%I')}', oldest.child);
  execute format('select count(*) from archipel_bus.%I', oldest.child) into gone;
  delete from archipel_bus.ranges where child = oldest.child;
  execute format('drop table archipel_bus.%I', oldest.child);
  -- Empty ones count too: there may be more behind.
  return greatest(gone, 1);
exception when lock_not_available then
  return 0;
end $$;

-- Where few events come a range lasts for long: what is well over its time goes one by one, a few in a transaction.
create function archipel_bus.remove_events(of_seconds bigint, older_than timestamptz, mark bigint, most int) returns bigint
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  positions bigint[];
  publishers text[];
  types text[];
begin
  if not pg_try_advisory_xact_lock((3::bigint << 56) | 2) then
    return 0;
  end if;
  execute format('with oldest as materialized (
      select position, written_at from archipel_bus.%1$I where position <= $1 order by position limit $2 for update skip locked
    ), gone as (
      delete from archipel_bus.%1$I k using oldest o where k.position = o.position and o.written_at < $3
      returning k.position, k.publisher, k.type
    )
    select array_agg(position), array_agg(publisher), array_agg(type) from gone', 'kept_' || of_seconds)
  into positions, publishers, types
  using archipel_bus.passed_by_all(of_seconds, mark), most, older_than;
  if positions is null then
    return 0;
  end if;
  ${noted('unnest(positions, publishers, types) g (position, publisher, type)')};
  return cardinality(positions);
end $$;

create function archipel_bus.drop_subscription(of_service text, of_name text) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  delete from archipel_bus.subscriptions where service = of_service and name = of_name;
  return found;
end $$;

-- A subscription from the start knows how much was gone before it began.
create function archipel_bus.note_missed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.from_position = 0 then
    new.missed := coalesce((select sum(r.events) from archipel_bus.removed r where r.publisher = new.publisher and r.type = any (new.types)), 0);
  end if;
  return new;
end $$;
create trigger note_missed before insert on archipel_bus.subscriptions for each row execute function archipel_bus.note_missed();

revoke all on all tables in schema archipel_bus from public;
revoke all on all functions in schema archipel_bus from public;
`

export const RETENTION = [TABLES, CLASSES, APPEND, READING, REMOVING].join('\n')
