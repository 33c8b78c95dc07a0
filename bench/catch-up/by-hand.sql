-- What handling each event once, in order, needs and nothing else: a log, a position with a fence, an inbox.
create schema bus;
create sequence bus.positions cache 1;
create table bus.log (
  position bigint primary key default nextval('bus.positions'),
  id uuid not null,
  publisher text not null,
  type text not null,
  key text not null,
  data jsonb not null,
  time timestamptz not null,
  correlation_id text not null
);
create schema statements;
create table statements.lines (
  entry_id uuid primary key,
  account text not null,
  amount bigint not null,
  number bigint generated always as identity
);
create table statements.subscriptions (
  name text primary key,
  position bigint not null,
  fence bigint not null
);
create table statements.inbox (
  subscription text not null,
  position bigint not null,
  primary key (subscription, position)
);
insert into statements.subscriptions values ('write-lines', 0, 0);
