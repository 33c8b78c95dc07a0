create table lines (
  entry_id uuid primary key,
  account text not null,
  amount bigint not null,
  number bigint generated always as identity
);
