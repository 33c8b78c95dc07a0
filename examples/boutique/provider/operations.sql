-- One function per operation: one round trip, one transaction. All of them lock their key, recall a stored answer,
-- decide, store the answer, and only then write the effect, which refers to the stored answer.

-- As it was before cards could misbehave at a refund.
drop function if exists provider.authorise(text, jsonb, text, text, text);

create or replace function provider.authorise(
  p_key text, p_request jsonb, p_now text, p_behaviour text, p_capture_behaviour text, p_refund_behaviour text
) returns provider.outcome
language plpgsql as $$
declare
  v_outcome provider.outcome;
  v_id uuid := gen_random_uuid();
begin
  perform provider.lock_keys(p_key);
  v_outcome := provider.recall(p_key, 'authorisation', p_request);
  if v_outcome.status is not null then
    return v_outcome;
  end if;
  if p_behaviour in ('declined', 'insufficient_funds', 'unknown_token') then
    return provider.conclude(p_key, 'authorisation', p_request, p_now, 402,
      provider.problem(p_behaviour, 'The card was refused'));
  end if;
  if p_behaviour = 'flaky' and provider.fails_again(p_key) then
    return provider.unavailable();
  end if;
  v_outcome := provider.conclude(p_key, 'authorisation', p_request, p_now, 201, json_build_object(
    'id', v_id, 'status', 'authorised', 'amount', p_request -> 'amount', 'currency', p_request -> 'currency',
    'reference', p_request -> 'reference', 'createdAt', p_now), p_behaviour);
  insert into provider.authorisation (id, key, reference, amount, currency, capture_behaviour, refund_behaviour, created_at)
  values (v_id, p_key, p_request ->> 'reference', (p_request ->> 'amount')::bigint, p_request ->> 'currency',
    p_capture_behaviour, p_refund_behaviour, p_now::timestamptz);
  return v_outcome;
end $$;

-- Why an authorisation can't be captured for this amount: status and problem, or no row.
create or replace function provider.capture_refusal(
  p_held provider.authorisation, p_amount bigint, out status integer, out answer json
) language plpgsql as $$
begin
  if p_held.id is null then
    status := 404; answer := provider.problem('unknown_authorisation', 'There is no such authorisation');
  elsif p_held.voided_at is not null then
    status := 409; answer := provider.problem('voided', 'The authorisation has been voided');
  elsif exists (select from provider.capture c where c.authorisation_id = p_held.id) then
    status := 409; answer := provider.problem('already_captured', 'The authorisation has been captured');
  elsif p_amount > p_held.amount then
    status := 409; answer := provider.problem('exceeds_authorisation', 'The amount is more than was authorised');
  elsif p_held.capture_behaviour = 'declined' then
    status := 402; answer := provider.problem('declined', 'The capture was refused');
  end if;
end $$;

create or replace function provider.capture(p_key text, p_request jsonb, p_now text) returns provider.outcome
language plpgsql as $$
declare
  v_outcome provider.outcome;
  v_held provider.authorisation;
  v_refusal record;
  v_id uuid := gen_random_uuid();
  v_amount bigint := p_request ->> 'amount';
begin
  perform provider.lock_keys(p_key);
  v_outcome := provider.recall(p_key, 'capture', p_request);
  if v_outcome.status is not null then
    return v_outcome;
  end if;
  select a.* into v_held from provider.authorisation a
  where a.id = (p_request ->> 'authorisationId')::uuid for no key update;
  v_refusal := provider.capture_refusal(v_held, v_amount);
  if v_refusal.status is not null then
    return provider.conclude(p_key, 'capture', p_request, p_now, v_refusal.status, v_refusal.answer);
  end if;
  if v_held.capture_behaviour = 'flaky' and provider.fails_again(p_key) then
    return provider.unavailable();
  end if;
  v_outcome := provider.conclude(p_key, 'capture', p_request, p_now, 201, json_build_object(
    'id', v_id, 'status', 'captured', 'authorisationId', v_held.id, 'amount', v_amount, 'currency', v_held.currency,
    'reference', v_held.reference, 'createdAt', p_now), v_held.capture_behaviour);
  insert into provider.capture (id, key, authorisation_id, amount, created_at)
  values (v_id, p_key, v_held.id, v_amount, p_now::timestamptz);
  return v_outcome;
end $$;

-- Why nothing can be given back of a capture: status and problem, or no row.
create or replace function provider.refund_refusal(
  p_taken provider.capture, p_amount bigint, p_behaviour text, out status integer, out answer json
) language plpgsql as $$
begin
  if p_taken.id is null then
    status := 404; answer := provider.problem('unknown_capture', 'There is no such capture');
  elsif p_taken.refunded + p_amount > p_taken.amount then
    status := 409; answer := provider.problem('exceeds_capture', 'The refunds would be more than was captured');
  elsif p_behaviour = 'declined' then
    status := 402; answer := provider.problem('declined', 'The refund was refused');
  end if;
end $$;

create or replace function provider.refund(p_key text, p_request jsonb, p_now text) returns provider.outcome
language plpgsql as $$
declare
  v_outcome provider.outcome;
  v_taken provider.capture;
  v_behaviour text;
  v_refusal record;
  v_id uuid := gen_random_uuid();
  v_amount bigint := p_request ->> 'amount';
begin
  perform provider.lock_keys(p_key);
  v_outcome := provider.recall(p_key, 'refund', p_request);
  if v_outcome.status is not null then
    return v_outcome;
  end if;
  -- One of the two is given; an authorisation is captured once.
  select c.* into v_taken from provider.capture c
  where c.id = (p_request ->> 'captureId')::uuid or c.authorisation_id = (p_request ->> 'authorisationId')::uuid
  for no key update;
  select a.refund_behaviour into v_behaviour from provider.authorisation a where a.id = v_taken.authorisation_id;
  v_refusal := provider.refund_refusal(v_taken, v_amount, v_behaviour);
  if v_refusal.status is not null then
    return provider.conclude(p_key, 'refund', p_request, p_now, v_refusal.status, v_refusal.answer);
  end if;
  if v_behaviour = 'flaky' and provider.fails_again(p_key) then
    return provider.unavailable();
  end if;
  v_outcome := provider.conclude(p_key, 'refund', p_request, p_now, 201, json_build_object(
    'id', v_id, 'status', 'refunded', 'captureId', v_taken.id, 'amount', v_amount, 'createdAt', p_now), v_behaviour);
  update provider.capture c set refunded = c.refunded + v_amount where c.id = v_taken.id;
  insert into provider.refund (id, key, capture_id, amount, created_at)
  values (v_id, p_key, v_taken.id, v_amount, p_now::timestamptz);
  return v_outcome;
end $$;

create or replace function provider.credit(
  p_key text, p_request jsonb, p_now text, p_behaviour text
) returns provider.outcome
language plpgsql as $$
declare
  v_outcome provider.outcome;
  v_id uuid := gen_random_uuid();
begin
  perform provider.lock_keys(p_key);
  v_outcome := provider.recall(p_key, 'credit', p_request);
  if v_outcome.status is not null then
    return v_outcome;
  end if;
  if p_behaviour in ('declined', 'unknown_token') then
    return provider.conclude(p_key, 'credit', p_request, p_now, 402,
      provider.problem(p_behaviour, 'The card takes no credit'));
  end if;
  if p_behaviour = 'flaky' and provider.fails_again(p_key) then
    return provider.unavailable();
  end if;
  v_outcome := provider.conclude(p_key, 'credit', p_request, p_now, 201, json_build_object(
    'id', v_id, 'status', 'credited', 'amount', p_request -> 'amount', 'currency', p_request -> 'currency',
    'reference', p_request -> 'reference', 'createdAt', p_now), p_behaviour);
  insert into provider.credit (id, key, reference, amount, currency, created_at)
  values (v_id, p_key, p_request ->> 'reference', (p_request ->> 'amount')::bigint, p_request ->> 'currency',
    p_now::timestamptz);
  return v_outcome;
end $$;

create or replace function provider.void(p_key text, p_request jsonb, p_now text) returns provider.outcome
language plpgsql as $$
declare
  v_outcome provider.outcome;
  v_target text := p_request ->> 'authorisationKey';
  v_kind text;
  v_held provider.authorisation;
  v_released bigint := 0;
begin
  perform provider.lock_keys(p_key, v_target);
  v_outcome := provider.recall(p_key, 'void', p_request);
  if v_outcome.status is not null then
    return v_outcome;
  end if;
  select o.kind into v_kind from provider.operation o where o.key = v_target;
  if v_kind <> 'authorisation' then
    return provider.conclude(p_key, 'void', p_request, p_now, 409,
      provider.problem('not_an_authorisation', 'The key belongs to another kind of operation'));
  end if;
  select a.* into v_held from provider.authorisation a where a.key = v_target for no key update;
  if exists (select from provider.capture c where c.authorisation_id = v_held.id) then
    return provider.conclude(p_key, 'void', p_request, p_now, 409,
      provider.problem('already_captured', 'The authorisation has been captured: refund it'));
  end if;
  if v_kind is null then
    -- The authorisation may still be on its way: its key is answered now, for whenever it arrives.
    perform provider.conclude(v_target, 'authorisation', null, p_now, 409,
      provider.problem('voided', 'The authorisation was voided before it arrived'));
  elsif v_held.id is not null and v_held.voided_at is null then
    update provider.authorisation a set voided_at = p_now::timestamptz where a.id = v_held.id;
    v_released := v_held.amount;
  end if;
  return provider.conclude(p_key, 'void', p_request, p_now, 201, json_build_object(
    'authorisationKey', v_target, 'status', 'voided', 'released', v_released, 'createdAt', p_now));
end $$;
