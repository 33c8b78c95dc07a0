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
  const database = createServiceDatabase({ environment, service: 'shop', writer: throwaway.connection, reader: throwaway.connection })
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
  const rows = await transaction.commit([{ text: "insert into item values ($1, 'cup') returning name", values: [2], name: 'archipel_add' }])

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
  const error = await transaction.commit([{ text: 'select 1', values: [] }]).catch((failure: unknown) => failure)

  expect(isUniqueViolation(error, 'item_pkey')).toBe(true)
  expect(await database.reader.many(Item, sql`select id, name from item`)).toEqual([])
})
