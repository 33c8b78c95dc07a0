create table payments (
  id uuid primary key,
  order_id uuid not null unique,
  customer_id uuid not null,
  amount bigint not null check (amount >= 0),
  currency text not null,
  status text not null check (status in ('pending', 'authorised', 'captured', 'declined', 'voided')),
  reason text,
  authorisation_key text not null,
  authorisation_id text,
  created_at timestamptz not null
);
