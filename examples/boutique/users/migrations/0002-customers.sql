-- Customers whom a trader brings have no password until they set one.
alter table users alter column password_hash drop not null;
alter table users add column country text;

create table addresses (
  id uuid primary key,
  user_id uuid not null references users,
  name text not null,
  street text not null,
  city text not null,
  postcode text not null,
  country text not null,
  added_at timestamptz not null
);
create index addresses_of_user on addresses (user_id, id);

create table payment_methods (
  id uuid primary key,
  user_id uuid not null references users,
  label text not null,
  brand text not null,
  last4 text not null,
  -- What the card processor knows the card by; never its number.
  token text not null,
  added_at timestamptz not null
);
create index payment_methods_of_user on payment_methods (user_id, id);

create table trade_customers (
  trader_id text not null,
  external_reference text not null,
  user_id uuid not null references users,
  -- As the trader gave them, so that the same request is known again after the customer changed theirs.
  name text not null,
  email text not null,
  country text not null,
  primary key (trader_id, external_reference)
);

-- At most one for each account; only its hash is kept.
create table password_secrets (
  user_id uuid primary key references users,
  secret_hash bytea not null unique,
  expires_at timestamptz not null
);
