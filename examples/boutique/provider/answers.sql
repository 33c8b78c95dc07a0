-- What all operations are made of: the lock of a key, its stored answer, and the ways to answer.

create or replace function provider.problem(p_code text, p_message text) returns json
language sql immutable as $$
  select json_build_object('error', json_build_object('code', p_code, 'message', p_message))
$$;

-- The lock only queues requests of one key; the primary key of the operations is what forbids a second effect.
create or replace function provider.lock_keys(variadic p_keys text[]) returns void
language plpgsql as $$
begin
  -- In one order for everybody, so that two voids that name each other's keys can't deadlock.
  perform pg_advisory_xact_lock(k.lock)
  from (select distinct hashtextextended(key, 8217) as lock from unnest(p_keys) as key order by 1) as k;
end $$;

-- The stored answer of a key, or an outcome without a status if there is none. The caller holds the key's lock.
create or replace function provider.recall(p_key text, p_kind text, p_request jsonb) returns provider.outcome
language plpgsql as $$
declare
  v_stored provider.operation;
begin
  select o.* into v_stored from provider.operation o where o.key = p_key;
  if not found then
    return null;
  end if;
  if v_stored.kind <> p_kind or v_stored.request <> p_request then
    return (422, provider.problem('key_reused', 'This key belongs to another request')::text, false, null::text);
  end if;
  if v_stored.request is null then
    update provider.operation o set request = p_request where o.key = p_key;
  end if;
  return (v_stored.http_status, v_stored.answer::text, v_stored.request is not null, null::text);
end $$;

create or replace function provider.conclude(
  p_key text, p_kind text, p_request jsonb, p_now text, p_status integer, p_answer json, p_behaviour text default null
) returns provider.outcome
language plpgsql as $$
begin
  insert into provider.operation (key, kind, request, http_status, answer, created_at)
  values (p_key, p_kind, p_request, p_status, p_answer, p_now::timestamptz);
  return (p_status, p_answer::text, false, case when p_behaviour in ('slow', 'lost') then p_behaviour end);
end $$;

-- True for the first two requests of a key; committed with the 503, so the count survives a crash of the provider.
create or replace function provider.fails_again(p_key text) returns boolean
language plpgsql as $$
begin
  insert into provider.flake as f (key, failures) values (p_key, 1)
  on conflict (key) do update set failures = f.failures + 1 where f.failures < 2;
  return found;
end $$;

create or replace function provider.unavailable() returns provider.outcome
language sql immutable as $$
  select 503, provider.problem('unavailable', 'Nothing was done; repeat with the same key')::text, false, null::text
$$;
