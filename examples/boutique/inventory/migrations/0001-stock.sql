create table stock (
  sku text primary key,
  received bigint not null check (received >= 0),
  available bigint not null check (available >= 0),
  reserved bigint not null check (reserved >= 0),
  sold bigint not null check (sold >= 0),
  check (received = available + reserved + sold)
);

create table reservations (
  order_id uuid primary key,
  status text not null check (status in ('held', 'released', 'sold')),
  reserved_at timestamptz not null
);

create table reservation_lines (
  order_id uuid not null references reservations,
  sku text not null references stock,
  quantity bigint not null check (quantity > 0),
  primary key (order_id, sku)
);

create table receipts (
  id uuid primary key,
  sku text not null references stock,
  quantity bigint not null check (quantity > 0),
  received_at timestamptz not null
);
