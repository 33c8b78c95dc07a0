import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, pgTable, text } from 'drizzle-orm/pg-core'
import { Kysely, PostgresDialect } from 'kysely'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemEnvironment } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { createServiceDatabase, isUniqueViolation, sql } from '../index.ts'

const environment = systemEnvironment()
const Item = z.object({ id: z.number(), name: z.string() })
const items = pgTable('item', { id: bigint({ mode: 'number' }).primaryKey(), name: text().notNull() })

async function scene(poolLimit = 1) {
  const throwaway = await createThrowawayDatabase()
  const { connection } = throwaway
  const database = createServiceDatabase({
    environment,
    service: 'shop',
    writer: connection,
    reader: connection,
    poolLimit,
  })
  await database.query({ text: 'create table item (id bigint primary key, name text not null)', values: [] })
  const abort = new AbortController()
  return {
    database,
    abort,
    names: async () =>
      (await database.query({ text: 'select name from item order by id', values: [] })).map(
        (row) => row['name'],
      ),
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

const refused = { code: 'ARC_STATEMENT_REFUSED' }

test("Drizzle works on the lent client, and its own transaction can't end ours", async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const orm = drizzle(transaction.lend(made.abort.signal).client as never)
  await orm.insert(items).values({ id: 1, name: 'tea' })
  expect(await orm.select().from(items)).toEqual([{ id: 1, name: 'tea' }])

  const own = orm.transaction(async (inner) => inner.insert(items).values({ id: 2, name: 'cup' }))
  await expect(own).rejects.toSatisfy((error: Error) =>
    [error, error.cause].some((one) => (one as { code?: string }).code === refused.code),
  )
  expect(await made.database.reader.many(Item, sql`select id, name from item`)).toEqual([])
  await transaction.commit([])
  expect(await made.names()).toEqual(['tea'])
})

test("Kysely works on the lent client, and its own transaction can't end ours", async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const { client } = transaction.lend(made.abort.signal)
  const pool = { connect: async () => client, end: async () => undefined }
  const db = new Kysely<{ item: { id: number; name: string } }>({
    dialect: new PostgresDialect({ pool: pool as never }),
  })
  const inserted = await db.insertInto('item').values({ id: 1, name: 'tea' }).executeTakeFirst()
  expect(inserted.numInsertedOrUpdatedRows).toBe(1n)
  expect(await db.selectFrom('item').selectAll().execute()).toEqual([{ id: 1, name: 'tea' }])

  const own = db
    .transaction()
    .execute((inner) => inner.insertInto('item').values({ id: 2, name: 'cup' }).execute())
  await expect(own).rejects.toMatchObject(refused)
  await transaction.rollback()
  expect(await made.names()).toEqual([])
})

test('a nested transaction is undone alone when it throws', async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const db = transaction.lend(made.abort.signal)
  await db.run(sql`insert into item values (1, 'tea')`)
  const nested = db.transaction(async (inner) => {
    await inner.run(sql`insert into item values (2, 'cup')`)
    await inner.transaction((deep) => deep.run(sql`insert into item values (1, 'again')`))
  })
  await expect(nested).rejects.toSatisfy((error) => isUniqueViolation(error, 'item_pkey'))
  await db.run(sql`insert into item values (3, 'pot')`)
  await transaction.commit([])
  expect(await made.names()).toEqual(['tea', 'pot'])
})

test('refuses the outer db while a nested transaction is open', async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const db = transaction.lend(made.abort.signal)
  await db.transaction(async () => {
    await expect(db.run(sql`select 1`)).rejects.toMatchObject(refused)
  })
  await transaction.commit([])
})

test('refuses several statements in one text, by the server, and writes nothing', async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const { client } = transaction.lend(made.abort.signal)
  await expect(client.query("insert into item values (1, 'tea'); commit")).rejects.toMatchObject({
    code: '42601',
  })
  await expect(transaction.commit([])).rejects.toMatchObject({ code: '42601' })
  expect(await made.names()).toEqual([])
})

test('starts no statement once the signal is aborted, and says why', async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  const db = transaction.lend(made.abort.signal)
  await db.run(sql`insert into item values (1, 'tea')`)
  made.abort.abort(frameworkError('ARC_DEADLINE', 'Too late.'))
  await expect(db.run(sql`insert into item values (2, 'cup')`)).rejects.toMatchObject({
    code: 'ARC_DEADLINE',
  })
  await expect(db.transaction(async () => 1)).rejects.toMatchObject({ code: 'ARC_DEADLINE' })
})

test('a db that is used after the end is refused, and the connection serves others', async () => {
  await using made = await scene()
  const transaction = await made.database.begin()
  const db = transaction.lend(made.abort.signal)
  await transaction.commit([])
  await expect(db.run(sql`insert into item values (1, 'tea')`)).rejects.toMatchObject(refused)
  expect(await made.names()).toEqual([])
})

test('what a session would carry on does not reach the next transaction', async () => {
  await using made = await scene()
  await using transaction = await made.database.begin()
  await transaction.lend(made.abort.signal).run(sql`select set_config('search_path', 'elsewhere', false)`)
  await transaction.commit([])
  expect(await made.names()).toEqual([])
})

test('a snapshot sees one moment, and can not write', async () => {
  await using made = await scene(2)
  await made.database.reader.snapshot(async (db) => {
    expect(await db.many(Item, sql`select * from item`)).toEqual([])
    await made.database.query({ text: "insert into item values (1, 'tea')", values: [] })
    expect(await db.many(Item, sql`select * from item`)).toEqual([])
    await expect(db.many(Item, sql`delete from item returning *`)).rejects.toMatchObject({
      code: '25006',
      details: { advice: expect.stringContaining('make the operation a command') },
    })
  })
  expect(await made.names()).toEqual(['tea'])
})

test('names the column of a row that does not fit, never its value', async () => {
  await using made = await scene()
  const wrong = made.database.reader.one(Item, sql`select 1 as id, ${'secret'} as title`)
  await expect(wrong).rejects.toMatchObject({
    code: 'ARC_ROW_INVALID',
    message: expect.stringMatching(
      /^(?!.*secret).*name: there is no such column.*select 1 as id, \$1 as title/,
    ),
  })
  await expect(made.database.reader.one(Item, sql`select * from item`)).rejects.toMatchObject({
    code: 'ARC_ROW_INVALID',
  })
  expect(await made.database.reader.maybeOne(Item, sql`select * from item`)).toBeUndefined()
})

test('a failed statement is told with its text and the line that sent it, without its values', async () => {
  await using made = await scene()
  const failed = await made.database.reader
    .many(Item, sql`select * from itme where name = ${'secret'}`)
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({
    message: 'relation "itme" does not exist',
    details: { statement: 'select * from itme where name = $1', position: '15' },
    stack: expect.stringMatching(/^(?![^]*secret)[^]*select \* from itme[^]*lent-view\.system\.test\.ts:\d+/),
  })
})

test('twenty at once share one connection, in turn', async () => {
  await using made = await scene()
  const statements = Array.from({ length: 20 }, (_, id) =>
    made.database.query({ text: 'insert into item values ($1, $2)', values: [id, 'x'] }),
  )
  await Promise.all(statements)
  expect(await made.names()).toHaveLength(20)
})
