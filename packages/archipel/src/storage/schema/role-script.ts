import { BUS_SCHEMA, busRoleOf, CONTROL_SCHEMA, literal, passwordOf, quoted, rolesOf } from './names.ts'

export interface RoleScriptOptions {
  readonly namespace: string
  readonly services: readonly string[]
  readonly passwordSecret: string
}

/**
 * Schemas, roles and rights of an application, as one script that may run any number of times. Isolation between
 * services is the server's: no role has a right in another service's schema.
 */
export function roleScript({ namespace, services, passwordSecret }: RoleScriptOptions): string {
  const bus = busRoleOf(namespace)
  return [
    PREPARATION,
    role(bus, passwordOf(passwordSecret, bus), BUS_SCHEMA),
    byTheKey(bus),
    `create schema if not exists ${BUS_SCHEMA} authorization ${quoted(bus)};`,
    ...services.map((service) => {
      const { writer, reader } = rolesOf(namespace, service)
      return [
        role(writer, passwordOf(passwordSecret, writer), service),
        byTheKey(writer),
        role(reader, passwordOf(passwordSecret, reader), service),
        byTheKey(reader),
        `alter role ${quoted(reader)} set default_transaction_read_only = on;`,
        rights(service, quoted(writer), quoted(reader)),
      ].join('\n')
    }),
  ].join('\n')
}

/**
 * A statement is planned once and kept, for any values: to plan it anew for those of each call would cost more than most
 * statements do. Planned while its table is small, it would read all of it for ever. What has no index to go by still
 * reads the table.
 */
function byTheKey(name: string): string {
  return `
alter role ${quoted(name)} set plan_cache_mode = force_generic_plan;
alter role ${quoted(name)} set enable_seqscan = off;`
}

/** Large objects belong to no schema, and by default everybody may write them: closed where we have the right to. */
const PREPARATION = `
select set_config(name, '1', false) from pg_settings where name = 'scram_iterations' and context = 'user';
revoke all on schema public from public;
create schema if not exists ${CONTROL_SCHEMA};
do $$ begin
  execute format('revoke temporary on database %I from public', current_database());
  if current_setting('is_superuser') = 'on' then
    revoke execute on function lo_creat(int), lo_create(oid), lo_unlink(oid), lo_open(oid, int), lowrite(int, bytea), lo_put(oid, bigint, bytea),
      lo_from_bytea(oid, bytea), lo_truncate(int, int), lo_truncate64(int, bigint) from public;
  end if;
end $$;`

/** A user who may log in; one that isn't a superuser needs to be a member to act as it in migrations. */
function role(name: string, password: string, searchPath: string): string {
  return `
do $$ begin
  if not exists (select from pg_roles where rolname = ${literal(name)}) then
    create role ${quoted(name)} login;
  end if;
  if current_setting('is_superuser') = 'off' then
    grant ${quoted(name)} to current_user;
  end if;
end $$;
alter role ${quoted(name)} password ${literal(password)};
alter role ${quoted(name)} set search_path = ${quoted(searchPath)};
alter role ${quoted(name)} set statement_timeout = '30s';
alter role ${quoted(name)} set idle_in_transaction_session_timeout = '10s';`
}

/**
 * The schema belongs to the administrator, so that the service can't drop the framework's tables in it; its own
 * tables belong to the writer. The default rights cover what migrations will make later.
 */
function rights(service: string, writer: string, reader: string): string {
  const schema = quoted(service)
  return `
create schema if not exists ${schema};
grant usage, create on schema ${schema} to ${writer};
grant usage on schema ${schema} to ${reader};
alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${writer};
alter default privileges in schema ${schema} grant usage, select on sequences to ${writer};
alter default privileges in schema ${schema} grant select on tables to ${reader};
alter default privileges for role ${writer} in schema ${schema} grant select on tables to ${reader};`
}

/** After migrations: a function that runs with its owner's rights would let the reader write. */
export function closeDefinerFunctions(schema: string, writer: string): string {
  return `
do $$ declare made regprocedure; begin
  for made in select oid::regprocedure from pg_proc where pronamespace = ${literal(quoted(schema))}::regnamespace and prosecdef loop
    execute format('revoke execute on routine %s from public', made);
    execute format('grant execute on routine %s to %I', made, ${literal(writer)});
  end loop;
end $$;`
}
