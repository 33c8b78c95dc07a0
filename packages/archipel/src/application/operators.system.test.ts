import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { query } from '../contract/index.ts'
import { component, operatorAccess, operatorOperation, type OperatorOperations } from '../host/index.ts'
import { startTestApplication } from '../testing/index.ts'
import { application } from './application.ts'

const count = operatorOperation(
  query({
    http: { route: 'GET /counter' },
    access: operatorAccess,
    input: z.object({}),
    output: z.object({ count: z.int() }),
  }),
  () => ({ count: 7 }),
)
const start = (operations: OperatorOperations) =>
  startTestApplication(application('counting', { services: [] }), {
    beside: () => [component('counter', { operations })],
  })

test('what a component offers to operators stands at their door, behind its token', async () => {
  await using running = await start({ count })
  const token = (await readFile(join(running.dataFolder, 'operations-token'), 'utf8')).trim()
  const ask = (authorization: string) =>
    fetch(`${running.operationsUrl}/counter`, { headers: { authorization } })
  expect(await (await ask(`Bearer ${token}`)).json()).toEqual({ count: 7 })
  expect((await ask('')).status).toBe(401)
})

test('a component that takes the name of an operation is refused by name', async () => {
  await expect(start({ listSagas: count })).rejects.toMatchObject({
    code: 'ARC_APPLICATION_INVALID',
    message: expect.stringMatching(/component 'counter'.*'listSagas'/),
  })
})
