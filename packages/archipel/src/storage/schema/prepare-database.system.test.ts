import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { connectAdmin, prepareDatabase, type Migration, type PrepareDatabaseOptions } from '../index.ts'

const environment = systemEnvironment()
const shop: Migration = {
  name: '0001-items',
  sql: 'create table item (id bigint generated always as identity, name text);\ncreate function sneak() returns void language sql security definer as $$ insert into item (name) values (1) $$;',
}
const framework = {
  shared: [],
  service: [
    {
      name: '0001-note',
      sql: 'create table archipel_note (id int); grant select on archipel_note to {{bus}}',
    },
  ],
}

async function scene(change: Partial<PrepareDatabaseOptions> = {}) {
  const throwaway = await createThrowawayDatabase()
  const options: PrepareDatabaseOptions = {
    environment,
    admin: throwaway.connection,
    namespace: throwaway.namespace,
    passwordSecret: 'a secret of tests',
    services: [
      { name: 'shop', migrations: [shop] },
      { name: 'users', migrations: [] },
    ],
    framework,
    ...change,
  }
  return {
    options,
    admin: throwaway.connection,
    [Symbol.asyncDispose]: () => throwaway[Symbol.asyncDispose](),
  }
}

test("refuses a service another service's table, by the server", async () => {
  await using made = await scene()
  const prepared = await prepareDatabase(made.options)
  await using shopWriter = await connectAdmin(prepared.service('shop').writer)
  await using usersWriter = await connectAdmin(prepared.service('users').writer)
  await shopWriter.query("insert into item (name) values ('tea')")

  await expect(usersWriter.query('select * from shop.item')).rejects.toMatchObject({ code: '42501' })
  await expect(usersWriter.query('select * from public.anything')).rejects.toMatchObject({ code: '42501' })
  await expect(shopWriter.query('drop table archipel_note')).rejects.toMatchObject({ code: '42501' })
  expect(await shopWriter.query('select name from item')).toEqual([{ name: 'tea' }])
})

test('refuses the reader every way to write, also after it switched its read-only setting off', async () => {
  await using made = await scene()
  const prepared = await prepareDatabase(made.options)
  await using reader = await connectAdmin(prepared.service('shop').reader)
  await reader.query("select set_config('default_transaction_read_only', 'off', false)")

  expect(await reader.query('select * from item')).toEqual([])
  for (const statement of [
    "insert into item (name) values ('x')",
    'delete from archipel_note',
    'select sneak()',
    'create temp table t (id int)',
    'create table t (id int)',
    'select lo_create(0)',
    "select nextval('item_id_seq')",
  ]) {
    await expect(reader.query(statement), statement).rejects.toMatchObject({ code: '42501' })
  }
})

test('a writing statement that was planned while its table was small goes by the key when the table is large', async () => {
  const orders: Migration = {
    name: '0001-orders',
    sql: 'create table orders (id int primary key, status text)',
  }
  await using made = await scene({ services: [{ name: 'shop', migrations: [orders] }] })
  const prepared = await prepareDatabase(made.options)
  await using writer = await connectAdmin(prepared.service('shop').writer)
  await writer.query("insert into orders select n, 'placed' from generate_series(1, 10) n")
  await writer.query('analyze orders')
  await writer.query(`prepare move (int[]) as
    with news as (select unnest($1) as id) update orders o set status = 'paid' from news where o.id = news.id`)
  for (let time = 1; time <= 6; time++) await writer.query(`execute move ('{1,2}')`)
  const [row] = await writer.query(`explain (format json) execute move ('{1,2}')`)
  expect(JSON.stringify(row)).not.toContain('Seq Scan')
})

test('a question that was planned while its table was small goes by the key when the table is large', async () => {
  const orders: Migration = {
    name: '0001-orders',
    sql: 'create table orders (id int primary key, status text)',
  }
  await using made = await scene({ services: [{ name: 'shop', migrations: [orders] }] })
  const prepared = await prepareDatabase(made.options)
  await using writer = await connectAdmin(prepared.service('shop').writer)
  await using reader = await connectAdmin(prepared.service('shop').reader)
  await writer.query("insert into orders select n, 'placed' from generate_series(1, 10) n")
  await writer.query('analyze orders')
  await reader.query('prepare find (int) as select status from orders where id = $1')
  for (let time = 1; time <= 6; time++) await reader.query('execute find (1)')
  const [row] = await reader.query('explain (format json) execute find (1)')
  expect(JSON.stringify(row)).not.toContain('Seq Scan')
})

test('a statement is planned once, for any values', async () => {
  await using made = await scene({ services: [{ name: 'shop', migrations: [] }] })
  const prepared = await prepareDatabase(made.options)
  for (const connection of [prepared.service('shop').writer, prepared.service('shop').reader, prepared.bus]) {
    await using role = await connectAdmin(connection)
    // Few values would be cheaper to plan for than any number of them.
    await role.query('prepare count_up (int[]) as select sum(n) from unnest($1) n')
    for (let time = 1; time <= 6; time++) await role.query(`execute count_up ('{1}')`)
    const [plans] = await role.query(
      'select custom_plans::int as custom, generic_plans::int as generic from pg_prepared_statements',
    )
    expect(plans).toEqual({ custom: 0, generic: 6 })
  }
})

test.each([
  ['a unique constraint', 'alter table item add unique (name) deferrable'],
  ['a foreign key', 'alter table item add foreign key (of) references item initially deferred deferrable'],
  [
    'a trigger',
    `create function look() returns trigger language plpgsql as 'begin return null; end';
     create constraint trigger look after insert on item deferrable for each row execute function look()`,
  ],
])('tells that %s of a schema can wait for COMMIT, also to the next host', async (_, constraint) => {
  const table: Migration = {
    name: '0001-item',
    sql: 'create table item (id int primary key, of int references item, name text unique)',
  }
  const deferred: Migration = { name: '0002-deferred', sql: constraint }
  await using made = await scene({
    services: [
      { name: 'shop', migrations: [table, deferred] },
      { name: 'users', migrations: [table] },
    ],
  })
  for (let host = 1; host <= 2; host++) {
    const prepared = await prepareDatabase(made.options)
    expect([prepared.service('shop').deferrable, prepared.service('users').deferrable]).toEqual([true, false])
  }
})

test('names a migration that was changed after it had run, and one that was put in between', async () => {
  await using made = await scene()
  await prepareDatabase(made.options)
  const changed = { ...shop, sql: `${shop.sql} ` }

  await expect(
    prepareDatabase({ ...made.options, services: [{ name: 'shop', migrations: [changed] }] }),
  ).rejects.toMatchObject({
    code: 'ARC_MIGRATION_CHANGED',
    message: expect.stringContaining('shop/0001-items'),
  })
  const between = [{ name: '0000-before', sql: 'select 1' }, shop]
  await expect(
    prepareDatabase({ ...made.options, services: [{ name: 'shop', migrations: between }] }),
  ).rejects.toMatchObject({
    message: expect.stringContaining('shop/0000-before'),
  })
})

test('shows the file and the statement of a failure that the server gives no position for', async () => {
  await using made = await scene()
  const sql = [
    'create table pairs (id int);',
    'insert into pairs values (1), (1);',
    '-- one of each',
    'create unique index pairs_of_one',
    '  on pairs (id);',
    'select 1;',
  ].join('\n')
  const services = [{ name: 'shop', migrations: [shop, { name: '0002-pairs', sql }] }]
  await expect(prepareDatabase({ ...made.options, services })).rejects.toMatchObject({
    code: 'ARC_MIGRATION_FAILED',
    message: expect.stringMatching(
      /^Migration shop\/0002-pairs\.sql failed .*at line 4: create unique index pairs_of_one on pairs \(id\)$/,
    ),
    details: { migration: '0002-pairs', line: 4, code: '23505' },
  })
})

test('rolls a failed migration back and shows its line; mended, it runs', async () => {
  await using made = await scene()
  const broken = { name: '0002-more', sql: 'create table more (id int);\ncreate tabel wrong (id int);' }
  const services = (second: Migration) => [{ name: 'shop', migrations: [shop, second] }]

  await expect(prepareDatabase({ ...made.options, services: services(broken) })).rejects.toMatchObject({
    code: 'ARC_MIGRATION_FAILED',
    message: expect.stringContaining('line 2: create tabel wrong'),
    details: { scope: 'shop', migration: '0002-more', line: 2, code: '42601' },
  })
  await prepareDatabase({
    ...made.options,
    services: services({ ...broken, sql: 'create table more (id int)' }),
  })
})

test('two hosts that migrate at once: each migration runs once, and afterwards it is one quick query', async () => {
  await using made = await scene()
  await Promise.all([1, 2, 3, 4].map(() => prepareDatabase(made.options)))
  await using admin = await connectAdmin(made.admin)
  expect(await admin.query('select scope, name from archipel.migrations order by 1, 2')).toEqual([
    { scope: 'framework shop', name: '0001-note' },
    { scope: 'framework users', name: '0001-note' },
    { scope: 'shop', name: '0001-items' },
  ])
})
