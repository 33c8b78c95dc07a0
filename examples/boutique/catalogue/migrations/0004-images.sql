create table images (
  id uuid primary key,
  sku text not null references products,
  type text not null,
  length int not null,
  sha256 text not null,
  at timestamptz not null,
  -- Kept for a while for who is just reading it.
  replaced_at timestamptz
);
create unique index images_current on images (sku) where replaced_at is null;
create index images_replaced on images (replaced_at) where replaced_at is not null;

create table image_chunks (
  image uuid not null references images on delete cascade,
  number int not null,
  bytes bytea not null,
  primary key (image, number)
);
-- Images are compressed already.
alter table image_chunks alter column bytes set storage external;
