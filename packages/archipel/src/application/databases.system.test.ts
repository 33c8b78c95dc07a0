import { expect, test } from 'vitest'
import { connectAdmin } from '../storage/index.ts'
import { createThrowawayDatabase } from '../testing/index.ts'
import { databasesOf } from './databases.ts'

test('a look that failed is taken again; a database is made where it is missing, by several at once as well', async () => {
  await using throwaway = await createThrowawayDatabase()
  const adminConnection = { ...throwaway.connection, password: 'wrong', user: 'nobody_of_this_name' }
  const name = `further_${process.pid}`
  const databases = databasesOf({ embedded: true, adminConnection })
  await expect(databases.named(name)).rejects.toThrow()
  Object.assign(adminConnection, throwaway.connection)
  const rival = databasesOf({ embedded: true, adminConnection })
  try {
    const made = await Promise.all([databases.named(name), rival.named(name), databases.named(name)])
    for (const connection of made) expect(connection).toEqual({ ...throwaway.connection, database: name })
    expect(await databases.ofApplication(name)).toEqual(made[0])
  } finally {
    await using admin = await connectAdmin(throwaway.connection)
    await admin.query(`drop database if exists ${name}`)
  }
})

test('a name that can not be one is refused before anything is asked', async () => {
  await using throwaway = await createThrowawayDatabase()
  const databases = databasesOf({ embedded: true, adminConnection: throwaway.connection })
  await expect(databases.named('Robert"; drop')).rejects.toMatchObject({ code: 'ARC_APPLICATION_INVALID' })
})
