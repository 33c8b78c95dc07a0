-- No unique key: an event that were handled twice would stand here twice.
create table letters (
  event_id uuid not null,
  order_id uuid not null,
  written_at timestamptz not null
);

create table printer (has_paper boolean not null);
insert into printer values (true);
