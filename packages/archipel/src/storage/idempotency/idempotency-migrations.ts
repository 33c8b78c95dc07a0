import type { Migration } from '../types.ts'

const TABLE = `
create table archipel_idempotency (
  operation text not null,
  principal text not null,
  key text not null,
  -- Of a key that was withdrawn before its command came, nobody knows the input.
  input_hash bytea,
  status text not null check (status in ('working', 'answered', 'refused', 'withdrawn')),
  -- json, not jsonb: a repeat gets the very text of the first answer.
  answer json,
  at timestamptz not null default now(),
  primary key (operation, principal, key)
);
create index archipel_idempotency_at on archipel_idempotency using brin (at);
`

const CLAIM = `
create function archipel_command_lock(operation text, principal text, key text) returns bigint language sql immutable as $$
  select (1::bigint << 56) | (hashtextextended(concat_ws(E'\\x1f', '{{schema}}', operation, principal, key), 0) & ((1::bigint << 56) - 1))
$$;

-- Each statement in here has a snapshot of its own: what is read after a lock was taken is what the former
-- holder committed. Nothing in here waits for another command.
create function archipel_command_claim(of_operation text, of_principal text, of_key text, hash bytea, undoes json, retention interval)
returns table (outcome text, stored json) language plpgsql volatile as $$
declare
  found_record {{schema}}.archipel_idempotency;
  attempt record;
begin
  if not pg_try_advisory_xact_lock({{schema}}.archipel_command_lock(of_operation, of_principal, of_key)) then
    return query select 'in-progress', null::json;
    return;
  end if;
  select * into found_record from {{schema}}.archipel_idempotency r
  where r.operation = of_operation and r.principal = of_principal and r.key = of_key;
  if found then
    return query select {{schema}}.archipel_command_outcome(found_record.status, found_record.input_hash = hash), found_record.answer;
    return;
  end if;
  if undoes is null then
    return query select 'new', null::json;
    return;
  end if;
  for attempt in
    select {{schema}}.archipel_command_lock(operation, principal, key) as number
    from json_to_recordset(undoes) as (operation text, principal text, key text) order by 1
  loop
    if not pg_try_advisory_xact_lock(attempt.number) then
      return query select 'in-progress', null::json;
      return;
    end if;
  end loop;
  return query select {{schema}}.archipel_command_withdraw(undoes, retention), null::json;
end $$;

create function archipel_command_outcome(status text, same_input boolean) returns text language sql immutable as $$
  select case when status = 'withdrawn' then status when not same_input then 'reused' when status = 'working' then 'in-progress' else status end
$$;

-- The locks of all forward keys are held: a record that is missing now can only come after this transaction.
create function archipel_command_withdraw(undoes json, retention interval) returns text language plpgsql volatile as $$
declare
  working bigint;
  done bigint;
  forgotten bigint;
begin
  select count(*) filter (where r.status = 'working'), count(*) filter (where r.status = 'answered'),
         count(*) filter (where r.key is null and to_timestamp(a."firstSentAt" / 1000) < now() - retention)
  into working, done, forgotten
  from json_to_recordset(undoes) as a(operation text, principal text, key text, "firstSentAt" float8)
  left join {{schema}}.archipel_idempotency r using (operation, principal, key);
  if working > 0 then
    return 'in-progress';
  end if;
  insert into {{schema}}.archipel_idempotency (operation, principal, key, status)
  select distinct operation, principal, key, 'withdrawn' from json_to_recordset(undoes) as (operation text, principal text, key text)
  on conflict do nothing;
  -- Absence proves nothing once the record may have been removed for its age.
  return case when done + forgotten > 0 then 'new' else 'nothing-to-undo' end;
end $$;
`

const SETTLE = `
-- The final answer of a key. A record that has one already is a second effect: refused, never overlooked.
create function archipel_command_settle(of_operation text, of_principal text, of_key text, hash bytea, final text, its_answer json)
returns void language plpgsql volatile as $$
begin
  insert into {{schema}}.archipel_idempotency as r (operation, principal, key, input_hash, status, answer)
  values (of_operation, of_principal, of_key, hash, final, its_answer)
  on conflict (operation, principal, key) do update set status = excluded.status, answer = excluded.answer, at = now()
  where r.status = 'working' and r.input_hash = excluded.input_hash;
  if not found then
    raise exception 'key % of % has its answer already', of_key, of_operation
      using errcode = 'unique_violation', constraint = 'archipel_idempotency_pkey';
  end if;
end $$;
`

/**
 * What a record has to do with: the correlation id of its request, and of an activity how its effect went. Identifiers
 * that rise cost the index little: a microsecond a command. Hosts of the former version go on with the former function.
 */
const STORY = `
alter table archipel_idempotency add column correlation_id text, add column effect json;
create index archipel_idempotency_correlation on archipel_idempotency (correlation_id) where correlation_id is not null;

create function archipel_command_settle(of_operation text, of_principal text, of_key text, hash bytea, final text, its_answer json,
  of_correlation text, its_effect json)
returns void language plpgsql volatile as $$
begin
  insert into {{schema}}.archipel_idempotency as r (operation, principal, key, input_hash, status, answer, correlation_id, effect)
  values (of_operation, of_principal, of_key, hash, final, its_answer, of_correlation, its_effect)
  on conflict (operation, principal, key) do update
  set status = excluded.status, answer = excluded.answer, at = now(), correlation_id = excluded.correlation_id, effect = excluded.effect
  where r.status = 'working' and r.input_hash = excluded.input_hash;
  if not found then
    raise exception 'key % of % has its answer already', of_key, of_operation
      using errcode = 'unique_violation', constraint = 'archipel_idempotency_pkey';
  end if;
end $$;
`

/** Many final answers at once, of keys at work. A loop, as the plan of a join would depend on how full the table once was. */
const SETTLE_MANY = `
create function archipel_command_settle_many(operations text[], principals text[], keys text[], hashes bytea[], correlations text[],
  finals text[], answers json[], effects json[])
returns void language plpgsql volatile as $$
begin
  for i in 1 .. cardinality(keys) loop
    update {{schema}}.archipel_idempotency r
    set status = finals[i], answer = answers[i], at = now(), correlation_id = correlations[i], effect = effects[i]
    where r.operation = operations[i] and r.principal = principals[i] and r.key = keys[i]
      and r.status = 'working' and r.input_hash = hashes[i];
    if not found then
      raise exception 'key % of % is not at work', keys[i], operations[i]
        using errcode = 'unique_violation', constraint = 'archipel_idempotency_pkey';
    end if;
  end loop;
end $$;
`

const KNOWN = `
-- Called for a key that isn't new: ends the transaction before anything that was sent along with the question is run.
create function archipel_command_known() returns void language plpgsql volatile as $$
begin
  raise exception 'the key of this command is not new' using errcode = 'ZK001';
end $$;
`

/** In the schema of each service. */
export const idempotencyMigrations: readonly Migration[] = [
  { name: '0001-idempotency', sql: [TABLE, CLAIM, SETTLE].join('\n') },
  { name: '0002-story', sql: STORY },
  { name: '0003-settle-many', sql: SETTLE_MANY },
  { name: '0004-known-keys', sql: KNOWN },
]
