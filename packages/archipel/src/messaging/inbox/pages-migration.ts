/**
 * What every page calls, with names that need no search path: to set one and to set it back costs each call. One function
 * fences a page, looks whether anything is known of what comes, and takes it, so that a page begins in one round trip.
 */
export const PAGES_IN_ONE_GO = `
create or replace function archipel_open(of_subscription text, of_fence bigint, positions bigint[], keys text[])
returns table (handled bigint[], parked text[])
language plpgsql volatile as $$
declare
  durable bigint;
begin
  select s.position into durable from {{schema}}.archipel_subscriptions s
  where s.name = of_subscription and s.fence = of_fence for no key update;
  if not found then
    raise exception 'subscription % has another owner', of_subscription using errcode = 'AR001';
  end if;
  parked := array(select k.key from {{schema}}.archipel_parked_keys k
    where k.subscription = of_subscription and k.key = any (keys) order by k.key for share);
  handled := array(
    select p from unnest(positions) p where p <= durable
    union all select i.position from {{schema}}.archipel_inbox i where i.subscription = of_subscription and i.position = any (positions)
    union all select d.position from {{schema}}.archipel_dead_letters d where d.subscription = of_subscription and d.position = any (positions)
    union all select d.position from {{schema}}.archipel_discarded d where d.subscription = of_subscription and d.position = any (positions));
  return next;
end $$;

-- Three statements, each with a snapshot of its own: the fence; whether anything beyond what was read is known already
-- (only an owner makes it so: what is found unknown under the fence stays unknown); then the events.
create function archipel_page(of_service text, of_subscription text, of_fence bigint, after bigint, up_to bigint, most int)
returns table (at bigint, publisher text, type text, key text, event jsonb, doubtful boolean)
language plpgsql volatile as $$
declare
  durable bigint;
  doubt boolean;
begin
  select s.position into durable from {{schema}}.archipel_subscriptions s
  where s.name = of_subscription and s.fence = of_fence for no key update;
  if not found then
    raise exception 'subscription % has another owner', of_subscription using errcode = 'AR001';
  end if;
  doubt := after < durable
    or exists (select from {{schema}}.archipel_inbox i where i.subscription = of_subscription and i.position > after)
    or exists (select from {{schema}}.archipel_parked_keys k where k.subscription = of_subscription)
    or exists (select from {{schema}}.archipel_dead_letters d where d.subscription = of_subscription and d.position > after)
    or exists (select from {{schema}}.archipel_discarded d where d.subscription = of_subscription and d.position > after);
  return query select t.at, t.publisher, t.type, t.key, t.event, doubt
    from archipel_bus.take(of_service, of_subscription, after, up_to, most) t;
end $$;

create or replace function archipel_handled(of_subscription text, of_fence bigint, positions bigint[], reached bigint) returns void
language plpgsql volatile as $$
begin
  insert into {{schema}}.archipel_inbox (subscription, position) select of_subscription, unnest(positions);
  delete from {{schema}}.archipel_retries r
  where r.subscription = of_subscription and (r.position = any (positions) or r.position <= reached);
  update {{schema}}.archipel_subscriptions s
  set position = greatest(s.position, reached), lease_until = clock_timestamp() + s.lease, unclean = 0
  where s.name = of_subscription and s.fence = of_fence;
  if not found then
    raise exception 'subscription % has another owner', of_subscription using errcode = 'AR001';
  end if;
end $$;
`
