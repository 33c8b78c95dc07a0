create table notes (id text primary key, text text not null, archived boolean not null default false);
