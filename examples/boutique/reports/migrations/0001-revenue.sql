-- What was booked on a day, in a country, for a product: sums by kind of booking. Sales and refunds are written by the
-- subscription to orders alone and credits by the one to credit notes, so that no row ever has two writers.
create table revenue (
  dimension text not null check (dimension in ('day', 'country', 'product')),
  member text not null,
  currency text not null,
  kind text not null check (kind in ('sale', 'refund', 'credit')),
  label text not null,
  documents bigint not null,
  lines bigint not null,
  units bigint not null,
  amount bigint not null,
  primary key (dimension, currency, member, kind)
);

create view figures as
  select dimension, member, currency,
      coalesce(max(label) filter (where kind = 'sale'), max(label)) as label,
      coalesce(sum(documents) filter (where kind = 'sale'), 0)::bigint as orders,
      coalesce(sum(lines) filter (where kind = 'sale'), 0)::bigint as lines,
      coalesce(sum(units) filter (where kind = 'sale'), 0)::bigint as units,
      coalesce(sum(amount) filter (where kind = 'sale'), 0)::bigint as gross,
      coalesce(sum(documents) filter (where kind = 'refund'), 0)::bigint as refunds,
      coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint as refunded,
      coalesce(sum(documents) filter (where kind = 'credit'), 0)::bigint as credit_notes,
      coalesce(sum(amount) filter (where kind = 'credit'), 0)::bigint as credited,
      coalesce(sum(units) filter (where kind <> 'sale'), 0)::bigint as units_returned,
      coalesce(sum(case kind when 'sale' then amount else -amount end), 0)::bigint as net
    from revenue group by dimension, currency, member;
