import { once } from 'node:events'
import { connect } from 'node:net'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startProvider } from './index.ts'
import { createMerchant, openProvider } from './test-merchant.ts'

test('many providers may start on an empty database at once', async () => {
  await using setting = await openProvider()
  const { connectionString } = setting
  await forget(connectionString)
  const providers = await Promise.all(
    Array.from({ length: 6 }, () => startProvider({ connectionString, port: 0 })),
  )
  expect(await createMerchant(providers[5]?.url ?? '').authorise('tok_ok')).toMatchObject({ status: 201 })
  await Promise.all(providers.map((provider) => provider.close()))
})

test('close answers what it has begun, slow answers at once, and may be called again', async () => {
  await using setting = await openProvider({ slowMs: 60_000 })
  const { provider, merchant } = setting
  const slow = merchant.authorise('tok_slow', 'slow')
  await expect.poll(() => merchant.operation('slow')).toMatchObject({ status: 'succeeded' })
  const began = performance.now()
  await Promise.all([provider.close(), provider.close()])
  expect(await slow).toMatchObject({ status: 201 })
  expect(performance.now() - began).toBeLessThan(2_000)
  await expect(merchant.operation('slow')).rejects.toThrow('fetch failed')
})

test('close does not wait for a connection that never asked anything', async () => {
  await using setting = await openProvider()
  const socket = connect(setting.provider.port, '127.0.0.1')
  await once(socket, 'connect')
  const began = performance.now()
  await setting.provider.close()
  expect(performance.now() - began).toBeLessThan(2_000)
  socket.destroy()
})

test('a busy port is reported and nothing stays open', async () => {
  await using setting = await openProvider()
  const { connectionString, provider } = setting
  await expect(startProvider({ connectionString, port: provider.port })).rejects.toThrow('EADDRINUSE')
})

test('a database that is away is a 503 to be repeated with the same key, and the provider outlives it', async () => {
  const lines: string[] = []
  await using setting = await openProvider({ log: (line) => lines.push(line) })
  const { merchant, connectionString } = setting
  await merchant.authorise('tok_ok', 'before')
  await administer(connectionString, async (client, name) => {
    await client.query(`alter database ${name} allow_connections false`)
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
    expect(await merchant.authorise('tok_ok', 'k')).toMatchObject({ status: 503, code: 'outcome_unknown' })
    await client.query(`alter database ${name} allow_connections true`)
  })
  expect(await merchant.authorise('tok_ok', 'k')).toMatchObject({ status: 201 })
  expect(lines.join('\n')).toContain('POST /authorisations failed')
})

async function forget(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query('drop schema provider cascade')
  await client.end()
}

/** Works from beside the database, which can't be closed from inside. */
async function administer(
  connectionString: string,
  work: (client: Client, name: string) => Promise<void>,
): Promise<void> {
  const url = new URL(connectionString)
  const name = url.pathname.slice(1)
  url.pathname = '/postgres'
  const client = new Client({ connectionString: url.href })
  await client.connect()
  await work(client, name)
  await client.end()
}
