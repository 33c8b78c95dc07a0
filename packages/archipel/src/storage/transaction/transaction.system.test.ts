import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemEnvironment } from '../../environment/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { createServiceDatabase, sql, isUniqueViolation } from '../index.ts'

const environment = systemEnvironment()
const never = new AbortController().signal
const Item = z.object({ id: z.number(), name: z.string() })

async function openDatabase() {
  const throwaway = await createThrowawayDatabase()
  const database = createServiceDatabase({
    environment,
    service: 'shop',
    writer: throwaway.connection,
    reader: throwaway.connection,
  })
  await database.query({ text: 'create table item (id bigint primary key, name text not null)', values: [] })
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

test('commits what handler and framework wrote, and answers the rows of the last statements', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const db = transaction.lend(never)
  const item = await db.one(Item, sql`insert into item values (${1}, ${'tea'}) returning id, name`)
  const rows = await transaction.commit([
    { text: "insert into item values ($1, 'cup') returning name", values: [2], name: 'archipel_add' },
  ])

  expect(item).toEqual({ id: 1, name: 'tea' })
  expect(rows).toEqual([[{ name: 'cup' }]])
  expect(await database.reader.many(Item, sql`select id, name from item order by id`)).toHaveLength(2)
})

test('leaves no trace when the scope is left without a commit', async () => {
  await using database = await openDatabase()
  {
    await using transaction = await database.begin()
    await transaction.lend(never).run(sql`insert into item values (1, 'tea')`)
  }
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})

test('throws the first error at commit and writes nothing, also when the handler swallowed it', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const db = transaction.lend(never)
  await db.run(sql`insert into item values (1, 'tea')`)
  await db.run(sql`insert into item values (1, 'again')`).catch(() => undefined)
  const error = await transaction
    .commit([{ text: 'select 1', values: [] }])
    .catch((failure: unknown) => failure)

  expect(isUniqueViolation(error, 'item_pkey')).toBe(true)
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})

test('a connection that is lost before the commit has written nothing, and says so', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const [row] = await transaction.query({
    text: "insert into item values (1, 'tea') returning pg_backend_pid() as pid",
    values: [],
  })
  await database.query({ text: 'select pg_terminate_backend($1, 5000)', values: [row?.['pid']] })
  await expect(transaction.query({ text: 'select 1', values: [] })).rejects.toMatchObject({
    code: 'ARC_DATABASE_UNAVAILABLE',
    effect: 'none',
  })
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})

test('a connection that is lost while it commits leaves the outcome unknown', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const [row] = await transaction.query({
    text: "insert into item values (1, 'tea') returning pg_backend_pid() as pid",
    values: [],
  })
  const committing = transaction.commit([{ text: 'select pg_sleep(5)', values: [] }])
  const cut = database.query({ text: 'select pg_terminate_backend($1, 5000)', values: [row?.['pid']] })
  await expect(committing).rejects.toMatchObject({ code: 'ARC_DATABASE_UNAVAILABLE', effect: 'unknown' })
  await cut
})

test('a deferred constraint that fails at COMMIT is an ordinary error: nothing was written', async () => {
  await using database = await openDatabase()
  await database.query({
    text: 'alter table item add unique (name) deferrable initially deferred',
    values: [],
  })
  await using transaction = await database.begin()
  await transaction.query({ text: "insert into item values (1, 'tea'), (2, 'tea')", values: [] })
  const error = await transaction.commit([]).catch((failure: unknown) => failure)
  expect(isUniqueViolation(error)).toBe(true)
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})

test('statements that are sent together run in the order of the calls', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const sent = Array.from({ length: 50 }, (_, id) =>
    transaction.query({
      name: 'archipel_insert',
      text: 'insert into item values ($1, (select count(*) from item)::text)',
      values: [id],
    }),
  )
  await transaction.commit([])
  await Promise.all(sent)
  const rows = await database.reader.many(Item, sql`select id, name from item order by id`)
  expect(rows.every((row) => row.name === String(row.id))).toBe(true)
})

test('an opening goes along with the first statements; when it fails, none of them is run, and it can be asked why', async () => {
  await using database = await openDatabase()
  const failing = { text: 'select 1 / $1::int as never', values: [0] }
  await using transaction = await database.begin({ statements: [failing] })
  const db = transaction.lend(never)
  const tried = await Promise.allSettled([
    db.run(sql`insert into item values (1, 'tea')`),
    db.transaction((inner) => inner.run(sql`insert into item values (2, 'cup')`)),
  ])
  expect(tried.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await transaction.opened()).toMatchObject({ code: '22012' })
  await expect(transaction.commit([])).rejects.toMatchObject({ code: '22012' })

  await using alone = await database.begin({ statements: [failing] })
  await expect(alone.commit([])).rejects.toMatchObject({ code: '22012' })
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})

test('an opening that was run is told before the first statement is answered', async () => {
  await using database = await openDatabase()
  const order: string[] = []
  await using transaction = await database.begin({
    statements: [{ text: "insert into item values (1, 'tea')", values: [] }],
    passed: async () => void order.push('opened'),
  })
  await transaction.query({ text: 'select 1', values: [] })
  order.push('answered')
  await transaction.query({ text: 'select 1', values: [] })
  await transaction.commit([])
  expect(order).toEqual(['opened', 'answered'])
  expect(await database.reader.many(Item, sql`select id, name from item`)).toHaveLength(1)
})

test('a rollback on a connection that was lost says so: what was made of the loss is of no account', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const cut = { text: 'select pg_terminate_backend(pg_backend_pid())', values: [] }
  await transaction.query(cut).catch(() => undefined)
  await expect(transaction.rollback()).rejects.toMatchObject({
    code: 'ARC_DATABASE_UNAVAILABLE',
    effect: 'none',
  })
})

test('a rollback does not wait for a statement that still runs', async () => {
  await using database = await openDatabase()
  const transaction = await database.begin()
  const slow = transaction.query({ text: 'select pg_sleep(20)', values: [] })
  await transaction.rollback()
  await expect(slow).rejects.toMatchObject({ code: 'ARC_DATABASE_UNAVAILABLE', effect: 'none' })
  expect(await database.query({ text: 'select 1 as one', values: [] })).toEqual([{ one: 1 }])
})
