import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { z } from 'zod'

export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string
}

/** A throw-away database on the server of this run of tests; dropped when disposed. */
export async function acquireDatabase(): Promise<TestDatabase> {
  const name = `provider_test_${randomBytes(6).toString('hex')}`
  await administer(urlOf('postgres'), `create database ${name}`)
  return {
    connectionString: urlOf(name),
    [Symbol.asyncDispose]: () => administer(urlOf('postgres'), `drop database ${name} with (force)`),
  }
}

const Server = z.object({ host: z.string(), port: z.int(), user: z.string(), password: z.string() })

/** The set-up of the whole run starts one PostgreSQL and says how to log in. */
function urlOf(database: string): string {
  const given = process.env['ARCHIPEL_TEST_DATABASE']
  if (given === undefined)
    throw new Error('ARCHIPEL_TEST_DATABASE is not set: run these tests with `npm test`')
  const { host, port, user, password } = Server.parse(JSON.parse(given))
  const query = new URLSearchParams({ host, port: String(port), user, password })
  return `postgres:///${database}?${query.toString()}`
}

async function administer(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
