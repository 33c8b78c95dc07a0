create table returns (
  id uuid primary key,
  order_id uuid not null references orders,
  status text not null check (status in ('requested', 'approved', 'refunded', 'refused')),
  refund_amount bigint not null check (refund_amount > 0),
  refund_currency text not null,
  reason text,
  refusal text,
  requested_at timestamptz not null,
  decided_at timestamptz,
  refunded_at timestamptz
);
create index returns_of_order on returns (order_id, id desc);
create index returns_by_status on returns (status, id);

create table return_lines (
  return_id uuid not null references returns,
  order_id uuid not null,
  number integer not null,
  quantity bigint not null check (quantity > 0),
  disposition text check (disposition in ('restock', 'writeOff')),
  primary key (return_id, number),
  foreign key (order_id, number) references order_lines (order_id, number)
);
create index return_lines_of_order on return_lines (order_id, number);
