import { expect, test } from 'vitest'
import { z } from 'zod'
import { application } from '../application/index.ts'
import { command, contract, event } from '../contract/index.ts'
import { gateway } from '../gateway/index.ts'
import { service } from '../service/index.ts'
import { createFaultPoints, startTestApplication } from './index.ts'

const till = contract('till', {
  version: '1.0.0',
  operations: {
    sell: command({
      http: { route: 'POST /sales' },
      access: 'public',
      input: z.object({ ids: z.array(z.string()) }),
      output: z.object({ sold: z.int() }),
    }),
  },
  events: { sold: event({ data: z.object({ id: z.string() }), key: 'id', version: 1 }) },
})
const tillService = service(till, {})
  .operation('sell', ({ ids }, { publish }) => {
    for (const id of ids) publish.sold({ id })
    return { sold: ids.length }
  })
  .on(till.events.sold, { name: 'count', from: 'start' }, () => undefined)
const corner = application('corner', { services: [tillService], gateway: gateway() })
const KEY = 'a-key-of-at-least-thirty-two-letters'

test.each([
  { point: 'command.before-commit', effect: 'none', published: 0 },
  { point: 'command.after-commit', effect: 'unknown', published: 1 },
] as const)(
  'a command that is cut off at $point has the effect $effect, inside and over HTTP',
  async (each) => {
    const faults = createFaultPoints()
    await using app = await startTestApplication(corner, { faults, telemetry: { logLevel: 'silent' } })
    const inside = app.client(till, { idempotencyKey: KEY })
    faults.fail(each.point)
    await expect(inside.sell({ ids: ['a'] })).rejects.toMatchObject({
      code: 'ARC_INTERNAL',
      effect: each.effect,
    })
    expect(await app.published(till.events.sold)).toHaveLength(each.published)
    expect(await inside.sell({ ids: ['a'] })).toEqual({ sold: 1 })
    expect(await app.published(till.events.sold)).toHaveLength(1)

    const outside = () =>
      fetch(`${app.url}/api/v1/sales`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': KEY },
        body: JSON.stringify({ ids: ['b'] }),
      })
    faults.fail(each.point)
    expect(await (await outside()).json()).toMatchObject({ code: 'ARC_INTERNAL', effect: each.effect })
    expect(await (await outside()).json()).toEqual({ sold: 1 })
    expect(await app.published(till.events.sold)).toHaveLength(2)
  },
)

test('a page that is cut off comes again event by event, and the log says so once', async () => {
  const lines: string[] = []
  const faults = createFaultPoints()
  faults.fail('messaging.before-commit', { subject: 'till.count' })
  const telemetry = { logDestination: { write: (line: string) => void lines.push(line) } }
  await using app = await startTestApplication(corner, { faults, telemetry })
  await app.client(till).sell({ ids: ['a', 'b', 'c'] })
  await app.idle()
  expect(faults.count('messaging.before-commit', 'till.count')).toBe(4)
  const warnings = lines.filter((line) => line.includes('"subscription":"count"'))
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('a page of events could not be handled; each of them is handled alone')
})
