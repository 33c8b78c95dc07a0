import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { createSkippableTime, createThrowawayDatabase } from '../../testing/index.ts'
import { createPool } from './pool.ts'

const MINUTE_MS = 60_000

test('a connection that was closed for being idle gives up its place', async () => {
  await using database = await createThrowawayDatabase()
  const time = createSkippableTime()
  const environment = systemEnvironment({ clock: time.clock, timers: time.timers })
  const pool = createPool({ environment, connection: database.connection, limit: 2 })
  for (let round = 0; round < 5; round++) {
    const connections = await Promise.all([pool.acquire(), pool.acquire()])
    for (const connection of connections) expect(connection.usable).toBe(true)
    connections.forEach(pool.release)
    time.skip(2 * MINUTE_MS)
  }
  await pool.close()
})

test('what a busy moment opened is closed soon after; one stays for the next caller', async () => {
  await using database = await createThrowawayDatabase()
  const time = createSkippableTime()
  const environment = systemEnvironment({ clock: time.clock, timers: time.timers })
  const pool = createPool({ environment, connection: database.connection, limit: 3 })
  const busy = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])
  busy.forEach(pool.release)
  time.skip(11_000)
  await expect.poll(() => busy.map(({ usable }) => usable)).toEqual([false, false, true])
  const next = await pool.acquire()
  expect(next).toBe(busy[2])
  pool.release(next)
  time.skip(61_000)
  await expect.poll(() => next.usable).toBe(false)
  await pool.close()
})
