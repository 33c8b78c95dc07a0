create sequence tracking_serials maxvalue 99999999;

-- A tracking number as in the postal union's S10: the ninth digit tells one that was written down wrongly.
create function tracking_number(serial bigint) returns text language sql immutable as $$
  select 'CP' || d.digits || case when s.rest = 0 then 5 when s.rest = 1 then 0 else 11 - s.rest end || 'GB'
    from (select lpad(serial::text, 8, '0') as digits) as d,
      lateral (select sum(substr(d.digits, w.place::int, 1)::int * w.weight) % 11 as rest
        from unnest(array[8, 6, 4, 2, 3, 5, 9, 7]) with ordinality as w (weight, place)) as s
$$;

create table shipments (
  id uuid primary key,
  order_id uuid not null unique,
  customer_id uuid not null,
  status text not null check (status in ('ready', 'dispatched', 'delivered', 'recalled')),
  tracking_number text not null unique default tracking_number(nextval('tracking_serials')),
  address jsonb,
  scheduled_at timestamptz not null,
  dispatched_at timestamptz,
  delivered_at timestamptz,
  recalled_at timestamptz
);
create index shipments_by_status on shipments (status, id);

create table shipment_lines (
  shipment_id uuid not null references shipments,
  number integer not null,
  sku text not null,
  name text not null,
  quantity bigint not null check (quantity > 0),
  primary key (shipment_id, number)
);

create table parcel_lines (
  shipment_id uuid not null,
  parcel integer not null,
  line integer not null,
  quantity bigint not null check (quantity > 0),
  primary key (shipment_id, parcel, line),
  foreign key (shipment_id, line) references shipment_lines
);
