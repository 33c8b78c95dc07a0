create table users (
  id uuid primary key,
  email text not null,
  name text not null,
  password_hash text not null,
  roles text[] not null,
  registered_at timestamptz not null
);
create unique index users_email on users (lower(email));

create table sign_in_failures (
  email text primary key,
  failures integer not null,
  window_ends_at timestamptz not null
);

create table signing_keys (
  kid text primary key,
  private_key jsonb not null,
  public_key jsonb not null,
  created_at timestamptz not null
);
