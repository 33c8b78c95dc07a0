create table products (
  sku text primary key,
  name text not null,
  description text not null,
  price_amount bigint not null check (price_amount >= 0),
  price_currency text not null,
  added_at timestamptz not null
);
