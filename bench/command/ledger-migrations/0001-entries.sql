create table entries (
  id uuid primary key,
  account text not null,
  amount bigint not null,
  note text not null,
  added_at timestamptz not null
);
