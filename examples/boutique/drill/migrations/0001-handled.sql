-- No key on purpose: what is handled twice must be seen twice.
create table handled (event_id uuid not null, type text not null);
