alter table products add column stocked boolean not null default true;
