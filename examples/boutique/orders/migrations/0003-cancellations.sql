create table cancellations (
  id uuid primary key,
  order_id uuid not null references orders,
  status text not null check (status in ('requested', 'cancelled', 'refunded', 'refused')),
  reason text,
  requested_at timestamptz not null,
  answered_at timestamptz,
  check ((status = 'requested') = (answered_at is null))
);
create index cancellations_of_order on cancellations (order_id, id desc);

-- The request that is not answered yet stands in the order's own row: who locks the order sees it.
alter table orders add column open_cancellation uuid references cancellations;
