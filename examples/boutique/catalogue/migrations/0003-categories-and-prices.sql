create table categories (
  category text primary key,
  name text not null
);
create table product_categories (
  sku text not null references products,
  category text not null references categories on delete cascade,
  primary key (sku, category)
);
create index product_categories_by_category on product_categories (category, sku);

create table prices (
  sku text not null references products,
  number int not null,
  amount bigint not null check (amount >= 0),
  currency text not null,
  since timestamptz not null,
  primary key (sku, number)
);
-- What a product cost before is not known any more: its history begins with what it costs now.
insert into prices select sku, 1, price_amount, price_currency, added_at from products;
