// What a stranger writes first: a contract, a service, an application. Compiled and run against the installed package.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { application, gateway, service, sql, startApplication } from 'archipel'
import { z } from 'zod'
import { Greeting, greetings } from './contract.ts'

const greetingsService = service(greetings, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation('greet', async ({ name }, { db, publish }) => {
    const greeting = await db.one(
      Greeting,
      sql`insert into greetings as g (name, greeted) values (${name}, 1)
        on conflict (name) do update set greeted = g.greeted + 1 returning name, greeted`,
    )
    publish.greeted(greeting)
    return greeting
  })
  .operation('countHeard', (_input, { db }) =>
    db.one(z.object({ heard: z.int() }), sql`select count(*)::int as heard from heard`),
  )
  .on(greetings.events.greeted, { name: 'hear', from: 'start' }, async ({ id }, { db }) => {
    await db.run(sql`insert into heard (event_id) values (${id})`)
  })

const hello = application('hello', { services: [greetingsService], gateway: gateway() })

const dataFolder = await mkdtemp(join(tmpdir(), 'archipel hello '))
// PostgreSQL runs as another user where we are root.
await chmod(dataFolder, 0o755)
const running = await startApplication(hello, { dataFolder, port: 0 })
try {
  const greet = (key: string) =>
    fetch(`${running.url}/api/v1/greetings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ name: 'Ada' }),
    }).then((response) => response.json())
  const key = crypto.randomUUID()
  assert.deepEqual(await greet(key), { name: 'Ada', greeted: 1 })
  assert.deepEqual(await greet(key), { name: 'Ada', greeted: 1 })
  assert.deepEqual(await greet(crypto.randomUUID()), { name: 'Ada', greeted: 2 })
  await running.idle()
  const heard = await fetch(`${running.url}/api/v1/heard`)
  assert.deepEqual(await heard.json(), { heard: 2 })
} finally {
  await running.stop()
  await rm(dataFolder, { recursive: true, force: true })
}
