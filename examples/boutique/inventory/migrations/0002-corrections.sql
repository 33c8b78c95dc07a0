-- What is set aside or sold is one number on the shelf: whether it is one or the other stands in the reservation.
-- So a sale changes the row of its order alone, and never waits for another order of the same goods.
alter table stock rename to shelves;
alter table shelves
  add column corrections bigint not null default 0,
  add column taken bigint not null default 0 check (taken >= 0),
  add column written_off bigint not null default 0 check (written_off >= 0),
  add column low_at bigint check (low_at >= 0);
update shelves set taken = reserved + sold;
-- Drops the check of the old sum as well.
alter table shelves drop column reserved, drop column sold;
alter table shelves add check (received + corrections = available + taken + written_off);

alter table reservations drop constraint reservations_status_check;
alter table reservations add check (status in ('held', 'released', 'sold', 'restocked'));
create index reservations_held on reservations (order_id) where status = 'held';

alter table reservation_lines add column back bigint not null default 0;
alter table reservation_lines add check (back between 0 and quantity);

create view stock as
  select s.sku, s.received, s.corrections, s.available, coalesce(h.quantity, 0)::bigint as reserved,
      (s.taken - coalesce(h.quantity, 0))::bigint as sold, s.written_off, s.low_at
    from shelves s left join (
      select l.sku, sum(l.quantity) as quantity from reservations r join reservation_lines l using (order_id)
        where r.status = 'held' group by l.sku) h using (sku);

-- What came into the house (+) and left it (-); the sum for a SKU is what is on its shelf, set aside or not.
-- No reference to shelves: it would lock the shelf in the middle of a page of sales.
create table movements (
  number bigint generated always as identity primary key,
  sku text not null,
  kind text not null check (kind in ('receipt', 'correction', 'sale', 'restock', 'return', 'writeOff')),
  quantity bigint not null check (quantity <> 0),
  reason text,
  reference text,
  note text,
  at timestamptz not null
);
create index movements_of_sku on movements (sku, number desc);

insert into movements (sku, kind, quantity, reason, at)
  select sku, 'receipt', quantity, 'delivery', received_at from receipts order by received_at, id;
insert into movements (sku, kind, quantity, reference, at)
  select l.sku, 'sale', -l.quantity, r.order_id, r.reserved_at
    from reservations r join reservation_lines l using (order_id) where r.status = 'sold' order by r.reserved_at, r.order_id;
drop table receipts;

create table take_backs (
  return_id uuid primary key,
  order_id uuid not null references reservations,
  taken_back_at timestamptz not null
);

create table openings (
  trader text not null,
  sku text not null,
  quantity bigint not null check (quantity > 0),
  primary key (trader, sku)
);
