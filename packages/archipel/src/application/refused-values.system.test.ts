import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, owner, query } from '../contract/index.ts'
import { gateway } from '../gateway/index.ts'
import { service } from '../service/index.ts'
import { sql } from '../storage/index.ts'
import { startTestApplication, testIssuer } from '../testing/index.ts'
import { application } from './index.ts'

test('what the database can not hold of a request is refused at the public door, and never a failure of ours', async () => {
  const id = z.string()
  const desk = contract('desk', {
    version: '1.0.0',
    operations: {
      me: query({
        http: { route: 'GET /me' },
        access: owner('id'),
        input: z.object({}),
        output: z.object({ id }),
      }),
      look: query({
        http: { route: 'GET /things/{id}' },
        access: 'public',
        input: z.object({ id }),
        output: z.object({ id }),
      }),
      keep: command({
        http: { route: 'POST /things' },
        access: 'public',
        input: z.object({ id }),
        output: z.object({}),
      }),
    },
  })
  const Row = z.object({ id })
  const deskService = service(desk, {})
    .operation('me', (_input, { db, principal }) => db.one(Row, sql`select ${principal.id}::uuid as id`))
    .operation('look', (input, { db }) => db.one(Row, sql`select ${input.id}::uuid as id`))
    .operation('keep', () => ({}))
  const issuer = testIssuer()
  await using app = await startTestApplication(
    application('office', {
      services: [deskService, issuer.service],
      gateway: gateway({ tokens: issuer.tokens }),
    }),
  )
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${app.url}/api/v1${path}`, init)
    return { status: answer.status, body: await answer.json() }
  }
  const me = (who: string) => ask('/me', { headers: { authorization: `Bearer ${issuer.token(who)}` } })
  const good = '00000000-0000-4000-8000-000000000000'
  expect(await me(good)).toMatchObject({ status: 200, body: { id: good } })
  expect(await me('auth0|7')).toMatchObject({ status: 403, body: { code: 'ARC_FORBIDDEN' } })
  expect(await ask('/things/abc')).toMatchObject({
    status: 400,
    body: { code: 'ARC_INPUT_INVALID', details: { issues: [{ path: 'id', message: 'is no uuid' }] } },
  })
  const headers = { 'content-type': 'application/json' }
  expect(await ask('/things', { method: 'POST', headers, body: '{"id":"\\u0000"}' })).toMatchObject({
    status: 400,
    body: { code: 'ARC_INPUT_INVALID', details: { issues: [{ path: 'id' }] } },
  })
})
