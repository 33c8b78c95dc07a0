create table greetings (name text primary key, greeted integer not null);
create table heard (event_id uuid primary key);
