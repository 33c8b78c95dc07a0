import type { Migration } from '../../storage/index.ts'
import { PAGES_IN_ONE_GO } from './pages-migration.ts'

const TABLES = `
create table archipel_subscriptions (
  name text primary key,
  -- The largest position up to which every event is handled, parked or discarded.
  position bigint not null,
  fence bigint not null default 0,
  owner text,
  lease_until timestamptz not null default '-infinity',
  lease interval not null default '0',
  -- Owners in a row that ended without handing back and without any progress.
  unclean int not null default 0,
  -- Handled events whose inbox rows were deleted, and replayed ones among them.
  folded bigint not null default 0
);

create table archipel_inbox (
  subscription text not null,
  position bigint not null,
  primary key (subscription, position)
);

-- The event that blocks its key, while it is tried again.
create table archipel_retries (
  subscription text not null,
  key text not null,
  position bigint not null,
  attempts int not null,
  next_at timestamptz not null,
  error text,
  primary key (subscription, key)
);

create table archipel_parked_keys (
  subscription text not null,
  key text not null,
  replay boolean not null default false,
  parked_at timestamptz not null default now(),
  primary key (subscription, key)
);

create table archipel_dead_letters (
  subscription text not null,
  position bigint not null,
  key text not null,
  event jsonb not null,
  reason text not null check (reason in ('failed', 'behind')),
  error text,
  attempts int not null,
  -- Asked for by an operator, for a letter whose key isn't parked; otherwise the key's mark says so.
  replay boolean not null default false,
  parked_at timestamptz not null default now(),
  primary key (subscription, position)
);
create index archipel_dead_letters_by_key on archipel_dead_letters (subscription, key, position);

create table archipel_discarded (
  subscription text not null,
  position bigint not null,
  key text not null,
  event jsonb not null,
  error text,
  who text not null,
  why text not null,
  discarded_at timestamptz not null default now(),
  primary key (subscription, position)
);

create table archipel_operator_actions (
  id bigint generated always as identity primary key,
  action text not null,
  subscription text not null,
  key text,
  position bigint,
  who text not null,
  why text not null,
  at timestamptz not null default now()
);
`

const OWNERSHIP = `
create function archipel_hold(of_subscription text, of_fence bigint) returns bigint
language plpgsql volatile set search_path from current as $$
declare
  durable bigint;
begin
  select position into durable from archipel_subscriptions
  where name = of_subscription and fence = of_fence for no key update;
  if not found then
    raise exception 'subscription % has another owner', of_subscription using errcode = 'AR001';
  end if;
  return durable;
end $$;

-- Takes a subscription that nobody holds, or whose owner was silent for too long, or that a former run of this very
-- host held: an instance is named HOST/RUN. Updating the row waits for the owner's transaction in flight.
create function archipel_claim(of_subscription text, me text, lease_ms int, first_position bigint)
returns table (fence bigint, at bigint, unclean int)
language plpgsql volatile set search_path from current set lock_timeout = '1s' as $$
begin
  insert into archipel_subscriptions (name, position) values (of_subscription, first_position) on conflict (name) do nothing;
  if not exists (select from archipel_subscriptions s where s.name = of_subscription
      and (s.owner is null or split_part(s.owner, '/', 1) = split_part(me, '/', 1) or s.lease_until < clock_timestamp())) then
    return;
  end if;
  return query
    update archipel_subscriptions s
    set unclean = case when s.owner is null then 0 else s.unclean + 1 end,
        owner = me, fence = s.fence + 1, lease = make_interval(secs => lease_ms / 1000.0),
        lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000.0)
    where s.name = of_subscription and (s.owner is null or split_part(s.owner, '/', 1) = split_part(me, '/', 1) or s.lease_until < clock_timestamp())
    returning s.fence, s.position, s.unclean;
  -- A letter whose replay ended three owners in a row stays parked.
  if exists (select from archipel_subscriptions s where s.name = of_subscription and s.owner = me and s.unclean >= 3) then
    update archipel_parked_keys set replay = false where subscription = of_subscription and replay;
    update archipel_dead_letters set replay = false where subscription = of_subscription and replay;
  end if;
end $$;

-- Says that the owner lives, between pages; within them the page itself does. Null: another one owns it.
create function archipel_renew(of_subscription text, of_fence bigint, reached bigint) returns bigint
language plpgsql volatile set search_path from current as $$
begin
  update archipel_subscriptions
  set lease_until = clock_timestamp() + lease, position = greatest(position, reached)
  where name = of_subscription and fence = of_fence;
  if not found then
    return null;
  end if;
  return (select count(*) from archipel_parked_keys where subscription = of_subscription and replay)
    + (select count(*) from archipel_dead_letters where subscription = of_subscription and replay);
end $$;

create function archipel_release(of_subscription text, of_fence bigint, reached bigint) returns void
language sql volatile set search_path from current as $$
  update archipel_subscriptions
  set owner = null, lease_until = '-infinity', position = greatest(position, reached)
  where name = of_subscription and fence = of_fence
$$;
`

const PAGES = `
-- First statement of a page: the fence, then what is known of its events, all of that in one later snapshot.
-- Keys that are found parked stay so until the transaction ends.
create function archipel_open(of_subscription text, of_fence bigint, positions bigint[], keys text[])
returns table (handled bigint[], parked text[])
language plpgsql volatile set search_path from current as $$
declare
  durable bigint := archipel_hold(of_subscription, of_fence);
begin
  parked := array(select key from archipel_parked_keys
    where subscription = of_subscription and key = any (keys) order by key for share);
  handled := array(
    select p from unnest(positions) p where p <= durable
    union select position from archipel_inbox where subscription = of_subscription and position = any (positions)
    union select position from archipel_dead_letters where subscription = of_subscription and position = any (positions)
    union select position from archipel_discarded where subscription = of_subscription and position = any (positions));
  return next;
end $$;

create function archipel_handled(of_subscription text, of_fence bigint, positions bigint[], reached bigint) returns void
language plpgsql volatile set search_path from current as $$
begin
  insert into archipel_inbox (subscription, position) select of_subscription, unnest(positions);
  delete from archipel_retries where subscription = of_subscription and (position = any (positions) or position <= reached);
  update archipel_subscriptions
  set position = greatest(position, reached), lease_until = clock_timestamp() + lease, unclean = 0
  where name = of_subscription and fence = of_fence;
  if not found then
    raise exception 'subscription % has another owner', of_subscription using errcode = 'AR001';
  end if;
end $$;
`

const FAILURES = `
create function archipel_failed(of_subscription text, of_fence bigint, of_key text, of_position bigint, tried int, delay_ms float8, reason text)
returns void
language plpgsql volatile set search_path from current as $$
begin
  perform archipel_hold(of_subscription, of_fence);
  insert into archipel_retries (subscription, key, position, attempts, next_at, error)
  values (of_subscription, of_key, of_position, tried, clock_timestamp() + make_interval(secs => delay_ms / 1000), reason)
  on conflict (subscription, key) do update
  set position = excluded.position, attempts = excluded.attempts, next_at = excluded.next_at, error = excluded.error;
end $$;

create function archipel_blocked(of_subscription text)
returns table (of_key text, at bigint, tried int, wait_ms float8, reason text)
language sql volatile set search_path from current as $$
  select key, position, attempts, greatest(0, extract(epoch from next_at - clock_timestamp()) * 1000)::float8, error
  from archipel_retries where subscription = of_subscription order by position
$$;

-- The event that gave up; with mark its key is parked, and later events of the key go behind it.
create function archipel_park(of_subscription text, of_fence bigint, of_position bigint, of_key text, of_event jsonb, reason text, tried int, mark boolean)
returns void
language plpgsql volatile set search_path from current as $$
begin
  perform archipel_hold(of_subscription, of_fence);
  if mark then
    insert into archipel_parked_keys (subscription, key) values (of_subscription, of_key)
    on conflict (subscription, key) do update set replay = false;
  end if;
  insert into archipel_dead_letters (subscription, position, key, event, reason, error, attempts)
  values (of_subscription, of_position, of_key, of_event, 'failed', reason, tried);
  delete from archipel_retries where subscription = of_subscription and key = of_key;
end $$;

-- Events of keys whose mark this transaction has locked since it opened the page.
create function archipel_park_behind(of_subscription text, events jsonb) returns void
language sql volatile set search_path from current as $$
  insert into archipel_dead_letters (subscription, position, key, event, reason, attempts)
  select of_subscription, (event ->> 'position')::bigint, event ->> 'key', event, 'behind', 0 from jsonb_array_elements(events) event
$$;
`

const REPLAY = `
create function archipel_request_replay(of_subscription text, of_key text, who text, why text) returns bigint
language plpgsql volatile set search_path from current as $$
declare
  marked bigint;
  single bigint;
begin
  update archipel_parked_keys set replay = true where subscription = of_subscription and (of_key is null or key = of_key);
  get diagnostics marked = row_count;
  update archipel_dead_letters d set replay = true
  where d.subscription = of_subscription and (of_key is null or d.key = of_key)
    and not exists (select from archipel_parked_keys k where k.subscription = d.subscription and k.key = d.key);
  get diagnostics single = row_count;
  if marked + single > 0 then
    insert into archipel_operator_actions (action, subscription, key, who, why) values ('replay', of_subscription, of_key, who, why);
  end if;
  return marked + single;
end $$;

-- The next letter to handle again, with its row and its key's mark locked until the transaction ends.
create function archipel_next_replay(of_subscription text, of_fence bigint)
returns table (at bigint, event jsonb, tried int)
language plpgsql volatile set search_path from current as $$
declare
  candidate record;
begin
  perform archipel_hold(of_subscription, of_fence);
  loop
    select d.position, d.key into candidate from archipel_dead_letters d
    where d.subscription = of_subscription
      and (d.replay or exists (select from archipel_parked_keys k where k.subscription = d.subscription and k.key = d.key and k.replay))
    order by d.position limit 1;
    exit when not found;
    perform from archipel_parked_keys where subscription = of_subscription and key = candidate.key for update;
    return query select d.position, d.event, d.attempts from archipel_dead_letters d
      where d.subscription = of_subscription and d.position = candidate.position for update;
    exit when found;
  end loop;
end $$;

-- A parked key without letters is free. Whoever calls this has the key's mark locked since an earlier statement.
create function archipel_free_key(of_subscription text, of_key text) returns void
language sql volatile set search_path from current as $$
  delete from archipel_parked_keys where subscription = of_subscription and key = of_key
    and not exists (select from archipel_dead_letters where subscription = of_subscription and key = of_key)
$$;

create function archipel_replayed(of_subscription text, of_fence bigint, of_position bigint, of_key text) returns void
language plpgsql volatile set search_path from current as $$
begin
  delete from archipel_dead_letters where subscription = of_subscription and position = of_position;
  if not found then
    raise exception 'position % is parked no more', of_position using errcode = 'AR001';
  end if;
  perform archipel_handled(of_subscription, of_fence, array[of_position], null);
  perform archipel_free_key(of_subscription, of_key);
end $$;

create function archipel_replay_failed(of_subscription text, of_fence bigint, of_position bigint, of_key text, failure text) returns void
language plpgsql volatile set search_path from current as $$
begin
  perform archipel_hold(of_subscription, of_fence);
  update archipel_parked_keys set replay = false where subscription = of_subscription and key = of_key;
  update archipel_dead_letters set attempts = attempts + 1, error = failure, reason = 'failed', replay = false
  where subscription = of_subscription and position = of_position;
end $$;

create function archipel_discard(of_subscription text, of_key text, of_position bigint, by_whom text, because text) returns bigint
language plpgsql volatile set search_path from current as $$
declare
  locked text[];
  discarded bigint;
begin
  locked := array(select key from archipel_parked_keys
    where subscription = of_subscription and (of_key is null or key = of_key) order by key for update);
  with gone as (
    delete from archipel_dead_letters where subscription = of_subscription
      and (of_key is null or key = of_key) and (of_position is null or position = of_position)
    returning position, key, event, error
  )
  insert into archipel_discarded (subscription, position, key, event, error, who, why)
  select of_subscription, gone.position, gone.key, gone.event, gone.error, by_whom, because from gone;
  get diagnostics discarded = row_count;
  if discarded > 0 then
    perform archipel_free_key(of_subscription, key) from unnest(locked) key;
    insert into archipel_operator_actions (action, subscription, key, position, who, why)
    values ('discard', of_subscription, of_key, of_position, by_whom, because);
  end if;
  return discarded;
end $$;
`

const COUNTING = `
-- Deletes inbox rows that the durable position covers and counts them, in one transaction. The newest stay, so
-- that what was counted lately can be looked at.
create function archipel_fold(of_subscription text, of_fence bigint, keep int, most int) returns bigint
language plpgsql volatile set search_path from current as $$
declare
  durable bigint := archipel_hold(of_subscription, of_fence);
  bound bigint;
  gone bigint;
begin
  select position into bound from archipel_inbox
  where subscription = of_subscription and position <= durable order by position desc offset keep limit 1;
  if bound is null then
    return 0;
  end if;
  delete from archipel_inbox where subscription = of_subscription and position in (
    select position from archipel_inbox where subscription = of_subscription and position <= bound order by position limit most);
  get diagnostics gone = row_count;
  update archipel_subscriptions set folded = folded + gone where name = of_subscription;
  return gone;
end $$;

-- One statement, so one snapshot.
create function archipel_counts(of_subscription text)
returns table (at bigint, handled_below bigint, handled_above bigint[], parked_below bigint, parked_above bigint[], discarded_below bigint, discarded_above bigint[])
language sql stable set search_path from current as $$
  select s.position,
    s.folded + (select count(*) from archipel_inbox i where i.subscription = s.name and i.position <= s.position),
    array(select i.position from archipel_inbox i where i.subscription = s.name and i.position > s.position),
    (select count(*) from archipel_dead_letters d where d.subscription = s.name and d.position <= s.position),
    array(select d.position from archipel_dead_letters d where d.subscription = s.name and d.position > s.position),
    (select count(*) from archipel_discarded d where d.subscription = s.name and d.position <= s.position),
    array(select d.position from archipel_discarded d where d.subscription = s.name and d.position > s.position)
  from archipel_subscriptions s where s.name = of_subscription
$$;
`

/** The service writes the framework's rows in its schema, but it neither forgets subscriptions nor what an operator did. */
const RIGHTS = `
revoke delete on archipel_subscriptions, archipel_discarded, archipel_operator_actions from {{writer}};
revoke update on archipel_discarded, archipel_operator_actions from {{writer}};
`

const DROPPING = `
-- Runs with the rights of its owner: the service itself forgets no subscription. What was discarded stays on record.
create function archipel_drop_subscription(of_subscription text, who text, why text) returns text
language plpgsql volatile security definer set search_path from current as $$
begin
  perform from archipel_subscriptions where name = of_subscription for update;
  if exists (select from archipel_subscriptions where name = of_subscription and owner is not null and lease_until > clock_timestamp()) then
    return 'owned';
  end if;
  if exists (select from archipel_dead_letters where subscription = of_subscription) then
    return 'parked';
  end if;
  delete from archipel_inbox where subscription = of_subscription;
  delete from archipel_retries where subscription = of_subscription;
  delete from archipel_parked_keys where subscription = of_subscription;
  delete from archipel_subscriptions where name = of_subscription;
  insert into archipel_operator_actions (action, subscription, who, why) values ('drop', of_subscription, who, why);
  return 'dropped';
end $$;
`

/** Tables of a service's subscriptions: run in the schema of each service, by the framework's own role. */
export const inboxMigrations: readonly Migration[] = [
  { name: '0001-inbox', sql: [TABLES, OWNERSHIP, PAGES, FAILURES, REPLAY, COUNTING, RIGHTS].join('\n') },
  { name: '0002-drop-subscription', sql: DROPPING },
  { name: '0003-pages-in-one-go', sql: PAGES_IN_ONE_GO },
]
