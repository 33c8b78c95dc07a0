/**
 * SQL that gives the service's writing role these rights on a table of the framework, and its reading role a look.
 * The roles are those that may use the schema and are named after it.
 */
export function grantToService(table: string, rights: string): string {
  return `
do $grants$
declare
  role text;
begin
  for role in
    select rolname from pg_roles
    where not rolsuper and (rolname like '%\\_' || current_schema() or rolname like '%\\_' || current_schema() || '\\_reader')
      and has_schema_privilege(rolname, current_schema(), 'USAGE')
  loop
    if role like '%\\_reader' then
      execute format('grant select on ${table} to %I', role);
    else
      execute format('grant ${rights} on ${table} to %I', role);
    end if;
  end loop;
end $grants$;
`
}
