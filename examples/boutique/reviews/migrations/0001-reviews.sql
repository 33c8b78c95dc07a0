-- Who has bought what, by order: what another order brought stays when one is refunded.
create table purchases (
  order_id uuid not null,
  sku text not null,
  customer_id uuid not null,
  -- False: placed at a time when completed orders did not tell their lines, and not completed yet.
  completed boolean not null,
  primary key (order_id, sku)
);
create index purchases_of_customer on purchases (customer_id, sku) where completed;

create table reviews (
  id uuid primary key,
  sku text not null,
  customer_id uuid not null,
  stars int not null check (stars between 1 and 5),
  text text,
  written_at timestamptz not null,
  changed_at timestamptz,
  -- Identifiers follow each other in time, so this one says which was hidden last.
  hiding uuid,
  hidden_at timestamptz,
  hidden_by text,
  reason text,
  constraint reviews_one_each unique (customer_id, sku),
  check (num_nonnulls(hiding, hidden_at, hidden_by, reason) in (0, 4))
);
create index reviews_shown on reviews (sku, id) where hiding is null;
create index reviews_hidden on reviews (hiding) where hiding is not null;
create index reviews_of_customer on reviews (customer_id, id);

-- Written by the subscription to our own events alone.
create table ratings (
  sku text primary key,
  reviews int not null,
  stars int not null,
  check (stars between reviews and 5 * reviews)
);
