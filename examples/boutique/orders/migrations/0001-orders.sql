create table orders (
  id uuid primary key,
  customer_id uuid not null,
  status text not null,
  total_amount bigint not null check (total_amount >= 0),
  total_currency text not null,
  placed_at timestamptz not null,
  rejection jsonb
);
create index orders_of_customer on orders (customer_id, id desc);

create table order_lines (
  order_id uuid not null references orders,
  number integer not null,
  sku text not null,
  name text not null,
  quantity bigint not null check (quantity > 0),
  price_amount bigint not null check (price_amount >= 0),
  price_currency text not null,
  primary key (order_id, number)
);

create table order_history (
  order_id uuid not null references orders,
  number integer not null,
  status text not null,
  at timestamptz not null,
  primary key (order_id, number),
  unique (order_id, status)
);
