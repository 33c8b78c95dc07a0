create schema if not exists mailbox;

create table if not exists mailbox.messages (
  number bigint generated always as identity primary key,
  received_at timestamptz not null,
  mail_from text not null,
  rcpt_to text[] not null,
  -- As the header says it, with its brackets; null where there is none.
  message_id text,
  raw bytea not null
);
create index if not exists messages_by_message_id on mailbox.messages (message_id);
