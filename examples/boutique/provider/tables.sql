-- The provider's books. Run whenever one of these files has changed, under an advisory lock: everything here is repeatable.

do $$ begin
  -- Not "create schema if not exists": that asks for the right to create even when there is nothing to do.
  if to_regnamespace('provider') is null then
    create schema provider;
  end if;
end $$;

-- One row per idempotency key, with the answer it got. The primary key is what makes an effect happen once.
create table if not exists provider.operation (
  key text primary key,
  kind text not null check (kind in ('authorisation', 'capture', 'void', 'refund', 'credit')),
  request jsonb, -- null: blocked by a void before the authorisation arrived
  http_status integer not null,
  answer json not null,
  created_at timestamptz not null
);

-- How often a flaky card has failed under a key. Apart from the operations, because a 503 is no answer.
create table if not exists provider.flake (
  key text primary key,
  failures integer not null
);

create table if not exists provider.authorisation (
  id uuid primary key default gen_random_uuid(),
  key text not null unique references provider.operation,
  reference text collate "C" not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  capture_behaviour text not null,
  refund_behaviour text not null default 'ok',
  created_at timestamptz not null,
  voided_at timestamptz
);

create index if not exists authorisation_by_reference on provider.authorisation (reference);

create table if not exists provider.capture (
  id uuid primary key default gen_random_uuid(),
  key text not null unique references provider.operation,
  authorisation_id uuid not null unique references provider.authorisation,
  amount bigint not null check (amount > 0),
  refunded bigint not null default 0 check (refunded between 0 and amount),
  created_at timestamptz not null
);

create table if not exists provider.refund (
  id uuid primary key default gen_random_uuid(),
  key text not null unique references provider.operation,
  capture_id uuid not null references provider.capture,
  amount bigint not null check (amount > 0),
  created_at timestamptz not null
);

create index if not exists refund_by_capture on provider.refund (capture_id);

-- Money that goes to a card with no capture behind it.
create table if not exists provider.credit (
  id uuid primary key default gen_random_uuid(),
  key text not null unique references provider.operation,
  reference text collate "C" not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  created_at timestamptz not null
);

create index if not exists credit_by_reference on provider.credit (reference);

-- What books of former years lack. Asked first: an `alter table` would hold up requests even with nothing to do.
do $$ begin
  if not exists (select from pg_attribute where attrelid = 'provider.authorisation'::regclass and attname = 'refund_behaviour') then
    alter table provider.authorisation add column refund_behaviour text not null default 'ok';
  end if;
  if not exists (select from pg_constraint where conrelid = 'provider.operation'::regclass
      and conname = 'operation_kind_check' and pg_get_constraintdef(oid) like '%credit%') then
    alter table provider.operation drop constraint operation_kind_check,
      add constraint operation_kind_check check (kind in ('authorisation', 'capture', 'void', 'refund', 'credit'));
  end if;
end $$;

do $$ begin
  if to_regtype('provider.outcome') is null then
    create type provider.outcome as (status integer, body text, replayed boolean, manner text);
  end if;
end $$;
