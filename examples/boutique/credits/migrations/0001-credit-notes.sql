create table credit_notes (
  id uuid primary key,
  customer_id uuid not null,
  status text not null check (status in ('issued', 'settled', 'refused')),
  total_amount bigint not null check (total_amount > 0),
  total_currency text not null,
  country text not null,
  reason text not null,
  issued_at timestamptz not null,
  settled_at timestamptz,
  refusal text,
  source text not null check (source in ('shop', 'trade')),
  trader_id text,
  external_reference text collate "C",
  -- Of what a trader brought in, to tell a repeat from another credit note of the same name.
  content_hash text,
  check ((source = 'trade') = (trader_id is not null and external_reference is not null and content_hash is not null))
);
create unique index credit_notes_of_trader on credit_notes (trader_id, external_reference);
create index credit_notes_of_customer on credit_notes (customer_id, id);
create index credit_notes_by_status on credit_notes (status, id);

create table credit_note_lines (
  credit_note_id uuid not null references credit_notes,
  number integer not null,
  sku text not null,
  name text not null,
  quantity bigint not null check (quantity > 0),
  price_amount bigint not null check (price_amount > 0),
  price_currency text not null,
  primary key (credit_note_id, number)
);
