alter table orders
  add column source text not null default 'shop' check (source in ('shop', 'trade')),
  add column country text not null default 'United Kingdom',
  add column address jsonb,
  add column tracking_number text,
  -- News of the shipment may come before the order is completed; they wait here.
  add column dispatched_at timestamptz,
  add column delivered_at timestamptz,
  add column trader_id text,
  add column external_reference text,
  -- Of what a trader brought in, to tell a repeat from another order of the same name.
  add column content_hash text,
  add check ((source = 'trade') = (trader_id is not null and external_reference is not null and content_hash is not null));

create unique index orders_of_trader on orders (trader_id, external_reference) where trader_id is not null;

alter table order_lines add column stocked boolean not null default true;
