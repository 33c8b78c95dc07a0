import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string
}

/** A throw-away database on the server named by ARCHIPEL_TEST_DATABASE_URL; dropped when disposed. */
export async function acquireDatabase(): Promise<TestDatabase> {
  const server = process.env['ARCHIPEL_TEST_DATABASE_URL']
  if (!server)
    throw new Error('ARCHIPEL_TEST_DATABASE_URL is not set: it names a PostgreSQL to create test databases on')
  const name = `provider_test_${randomBytes(6).toString('hex')}`
  await administer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    connectionString: url.href,
    [Symbol.asyncDispose]: () => administer(server, `drop database ${name} with (force)`),
  }
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
