import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemEnvironment } from '../../environment/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { createServiceDatabase, isStalePlan, sql } from '../index.ts'

const never = new AbortController().signal
const Item = z.record(z.string(), z.unknown())
const all = sql`select * from item`

async function openDatabase() {
  const throwaway = await createThrowawayDatabase()
  const { connection } = throwaway
  const environment = systemEnvironment()
  const database = createServiceDatabase({
    environment,
    service: 'shop',
    writer: connection,
    reader: connection,
  })
  const run = (text: string) => database.query({ text, values: [] })
  await run('create table item (id int primary key)')
  await run('insert into item values (1)')
  return {
    ...database,
    run,
    async [Symbol.asyncDispose]() {
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

test('a statement that comes again is prepared, under a name that no user can reach', async () => {
  await using database = await openDatabase()
  const names = sql`select name from pg_prepared_statements where statement = 'select * from item'`
  const found: unknown[] = []
  await using transaction = await database.begin()
  const db = transaction.lend(never)
  for (let time = 1; time <= 3; time++) {
    await db.many(Item, all)
    found.push(await db.many(Item, names))
  }
  expect(found).toEqual([[], [{ name: 'archipel_text_1' }], [{ name: 'archipel_text_1' }]])
  await expect(db.run(sql`deallocate archipel_text_1`)).rejects.toMatchObject({
    code: 'ARC_STATEMENT_REFUSED',
  })
})

test('a query goes on over a change of its table: it is prepared anew', async () => {
  await using database = await openDatabase()
  for (let time = 1; time <= 3; time++) expect(await database.reader.many(Item, all)).toEqual([{ id: 1 }])
  await database.run('alter table item add column name text')
  expect(await database.reader.many(Item, all)).toEqual([{ id: 1, name: null }])
})

test('a transaction that meets a changed table does nothing, and its repeat succeeds', async () => {
  await using database = await openDatabase()
  async function readTwice(): Promise<unknown> {
    await using transaction = await database.begin()
    const db = transaction.lend(never)
    await db.run(sql`insert into item (id) select max(id) + 1 from item`)
    await db.many(Item, all)
    const rows = await db.many(Item, all)
    await transaction.commit([])
    return rows
  }
  await readTwice()
  await database.run('alter table item add column name text')
  expect(isStalePlan(await readTwice().catch((error: unknown) => error))).toBe(true)
  expect(await readTwice()).toHaveLength(3)
})

test('what precedes goes along with the next statement, before it', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  transaction.precede({ text: 'savepoint archipel_here', values: [] })
  const db = transaction.lend(never)
  await db.run(sql`insert into item values (2)`)
  await expect(db.run(sql`insert into item values (2)`)).rejects.toMatchObject({ code: '23505' })
  await transaction.query({ text: 'rollback to savepoint archipel_here', values: [] })
  transaction.precede({ text: 'insert into item values (3)', values: [] })
  const [last] = await transaction.commit([{ text: 'select count(*)::int as items from item', values: [] }])
  expect(last).toEqual([{ items: 2 }])
})

test('a prepared statement has its columns also when they are not described again, and FETCH those of its cursor', async () => {
  await using database = await openDatabase()
  await using transaction = await database.begin()
  const db = transaction.lend(never)
  for (const columns of ['1 as a', '2 as b, 3 as c', '4 as d', '5 as e']) {
    await db.run({ text: `declare items cursor for select ${columns}`, values: [] })
    const [row] = await db.many(Item, sql`fetch 1 from items`)
    expect(Object.keys(row ?? {})).toEqual(columns.split(', ').map((column) => column.at(-1)))
    expect(await db.many(Item, sql`select ${'x'}::text as left, ${1}::int as right`)).toEqual([
      { left: 'x', right: 1 },
    ])
    await db.run(sql`close items`)
  }
})
