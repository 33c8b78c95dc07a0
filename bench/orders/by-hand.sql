-- What the promises need beside the services' own tables, which are made by the boutique's migrations, so that both
-- candidates keep the same rows under the same indexes: roles and schemas, the log, answers of commands, sagas, inboxes.
revoke all on schema public from public;

create schema bus;
create sequence bus.positions cache 1;
create table bus.log (
  position bigint primary key,
  publisher text not null,
  type text not null,
  key text not null,
  event jsonb not null
);
create index on bus.log (publisher, position);
create index on bus.log (key, position);
create index on bus.log ((event ->> 'correlationId'), position);

-- The lock first, the position after it: whoever reads the last position drawn and then sees all of its holders end
-- knows that nothing can appear below it any more.
create function bus.append(type text, key text, at timestamptz, correlation text, data jsonb) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(3::bigint << 56);
  insert into bus.log (position, publisher, type, key, event)
    values (nextval('bus.positions'), session_user, type, key,
      jsonb_build_object('id', uuidv7(), 'time', at, 'correlationId', correlation, 'data', data));
end $$;

create function bus.survey(out last bigint, out holders text[]) language plpgsql volatile as $$
begin
  last := coalesce(pg_sequence_last_value('bus.positions'), 0);
  select coalesce(array_agg(virtualtransaction), '{}') into holders from pg_locks
    where locktype = 'advisory' and classid = 50331648 and objid = 0 and objsubid = 1
      and database = (select oid from pg_database where datname = current_database());
end $$;

do $$ declare service text; begin
  foreach service in array '{catalogue,users,orders,inventory,payments,shipping,notifications,reports,reviews}'::text[] loop
    execute format($sql$
      create role %1$I login password 'by hand';
      alter role %1$I set search_path = %1$I;
      alter role %1$I set statement_timeout = '30s';
      alter role %1$I set idle_in_transaction_session_timeout = '10s';
      -- Statements are planned while the tables are small, and must go by keys when they are large.
      alter role %1$I set enable_seqscan = off;
      alter role %1$I set enable_hashjoin = off;
      alter role %1$I set enable_mergejoin = off;
      alter role %1$I set plan_cache_mode = force_generic_plan;
      create schema %1$I authorization %1$I;
      grant usage on schema bus to %1$I;
      grant select on bus.log to %1$I;
      grant select on bus.positions to %1$I;
      set local role %1$I;
      create table %1$I.answers (
        operation text not null,
        principal text not null,
        key text not null,
        input_hash bytea not null,
        -- working: what it is to do outside is begun and may have been done.
        status text not null check (status in ('working', 'answered')),
        answer json,
        at timestamptz not null default now(),
        correlation_id text not null,
        effect json,
        primary key (operation, principal, key)
      );
      create index on %1$I.answers using brin (at);
      create index on %1$I.answers (correlation_id);
      create table %1$I.subscriptions (
        name text primary key,
        position bigint not null,
        fence bigint not null
      );
      create table %1$I.inbox (
        subscription text not null,
        position bigint not null,
        primary key (subscription, position)
      );
      reset role;
    $sql$, service);
  end loop;
end $$;

set role orders;
-- origin never changes, progress with each step; a step touches no index.
create table orders.sagas (
  id uuid primary key,
  saga text not null,
  version int not null,
  status text not null check (status in ('running', 'completed')),
  step text not null,
  fence bigint not null,
  lease_until timestamptz not null,
  correlation_id text not null,
  origin json not null,
  progress json not null
) with (fillfactor = 70);
create index on orders.sagas (lease_until) where status = 'running';
create index on orders.sagas (lease_until) where status <> 'running';
create index on orders.sagas (correlation_id);
create table orders.runner (fence bigint not null);
insert into orders.runner values (0);
reset role;
