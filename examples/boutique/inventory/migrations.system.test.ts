import { readFile } from 'node:fs/promises'
import { createThrowawayDatabase } from 'archipel/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'

const migration = (name: string) => readFile(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8')

/** A shelf with goods received twice, one order sold, one held and one that was released. */
const BEFORE = `
insert into stock values ('A-1', 10, 4, 1, 5), ('B-2', 0, 0, 0, 0);
insert into receipts values ('00000000-0000-4000-8000-000000000001', 'A-1', 7, '2026-11-01T00:00Z'),
  ('00000000-0000-4000-8000-000000000002', 'A-1', 3, '2026-11-02T00:00Z');
insert into reservations values ('00000000-0000-4000-8000-00000000000a', 'sold', '2026-11-03T00:00Z'),
  ('00000000-0000-4000-8000-00000000000b', 'held', '2026-11-04T00:00Z'),
  ('00000000-0000-4000-8000-00000000000c', 'released', '2026-11-05T00:00Z');
insert into reservation_lines values ('00000000-0000-4000-8000-00000000000a', 'A-1', 5),
  ('00000000-0000-4000-8000-00000000000b', 'A-1', 1), ('00000000-0000-4000-8000-00000000000c', 'A-1', 2);`

test('the stock of before corrections says the same after the migration, and its movements explain it', async () => {
  await using database = await createThrowawayDatabase()
  const client = new Client(database.connection)
  await client.connect()
  try {
    await client.query(await migration('0001-stock'))
    await client.query(BEFORE)
    await client.query(await migration('0002-corrections'))
    const stock = await client.query(
      `select sku, received::int, corrections::int, available::int, reserved::int, sold::int, written_off::int from stock order by sku`,
    )
    expect(stock.rows).toEqual([
      { sku: 'A-1', received: 10, corrections: 0, available: 4, reserved: 1, sold: 5, written_off: 0 },
      { sku: 'B-2', received: 0, corrections: 0, available: 0, reserved: 0, sold: 0, written_off: 0 },
    ])
    const movements = await client.query(
      `select kind, quantity::int from movements where sku = 'A-1' order by number`,
    )
    expect(movements.rows).toEqual([
      { kind: 'receipt', quantity: 7 },
      { kind: 'receipt', quantity: 3 },
      { kind: 'sale', quantity: -5 },
    ])
  } finally {
    await client.end()
  }
})
