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

test('a rollback does not wait for a statement that still runs', async () => {
  await using database = await openDatabase()
  const transaction = await database.begin()
  const slow = transaction.query({ text: 'select pg_sleep(20)', values: [] })
  await transaction.rollback()
  await expect(slow).rejects.toMatchObject({ code: 'ARC_DATABASE_UNAVAILABLE', effect: 'none' })
  expect(await database.query({ text: 'select 1 as one', values: [] })).toEqual([{ one: 1 }])
})
