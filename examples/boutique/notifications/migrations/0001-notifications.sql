create table notifications (
  -- The event that it tells of: one event is told once.
  id uuid primary key,
  person_id uuid not null,
  order_id uuid not null,
  kind text not null,
  -- What its text says beside the order and the name: an amount, a tracking number.
  details jsonb not null,
  status text not null check (status in ('queued', 'sending', 'sent', 'refused', 'unwanted', 'gone')),
  reason text,
  message_id text,
  decided_at timestamptz not null,
  ended_at timestamptz
);
create index notifications_of_person on notifications (person_id, id);
create index notifications_of_order on notifications (order_id, id);

-- Kinds that a person does not want; who has no row wants all.
create table preferences (
  person_id uuid primary key,
  unwanted text[] not null
);
