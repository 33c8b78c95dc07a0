create table refunds (
  id uuid primary key,
  refund_id uuid not null unique,
  order_id uuid not null references payments (order_id),
  amount bigint not null check (amount > 0),
  currency text not null,
  reason text not null,
  status text not null check (status in ('pending', 'refunded', 'declined')),
  decline_reason text,
  created_at timestamptz not null,
  refunded_at timestamptz
);
create index refunds_of_order on refunds (order_id, id);
create index refunds_by_status on refunds (status, id);
create index payments_of_customer on payments (customer_id);

create table credits (
  credit_note_id uuid primary key,
  customer_id uuid not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  status text not null check (status in ('pending', 'credited', 'declined')),
  decline_reason text,
  created_at timestamptz not null,
  credited_at timestamptz
);
