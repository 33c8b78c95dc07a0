import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, event } from '../contract/index.ts'
import { frameworkError } from '../errors/index.ts'
import { component } from '../host/index.ts'
import { activity } from '../saga/index.ts'
import { service } from '../service/index.ts'
import { startTestApplication } from '../testing/index.ts'
import { application } from './index.ts'

const nothing = z.object({})
const notes = contract('notes', {
  version: '1.0.0',
  operations: {
    write: command({ access: 'internal', input: nothing, output: nothing }),
    send: command({ access: 'internal', input: nothing, output: nothing }),
  },
  events: { written: event({ data: z.object({ id: z.string() }), key: 'id', version: 1 }) },
})

test('a start that fails says why, and nothing of the work that it cuts off', async () => {
  const handling = Promise.withResolvers<void>()
  const sending = Promise.withResolvers<void>()
  const never = new Promise<Record<string, never>>(() => undefined)
  const sendIt = activity('send', { input: nothing, output: nothing })
    .intend(async () => ({}))
    .effect(() => {
      sending.resolve()
      return never
    })
    .settle(async () => ({}))
  const notesService = service(notes, { activities: [sendIt] })
    .operation('write', (_input, { publish, start }) => {
      publish.written({ id: '1' })
      start.send('1', {})
      return {}
    })
    .operation('send', sendIt)
    .on(notes.events.written, { name: 'read', from: 'start' }, () => {
      handling.resolve()
      return never
    })
  const lines: string[] = []
  const starting = startTestApplication(application('notebook', { services: [notesService] }), {
    telemetry: { logDestination: { write: (line: string) => void lines.push(line) }, logLevel: 'warn' },
    beside: ({ client }) => [
      component('a door', {
        start: async () => {
          await client(notes).write({})
          await Promise.all([handling.promise, sending.promise])
          throw frameworkError('ARC_PORT_IN_USE', 'port 3000 is taken by another process')
        },
      }),
    ],
  })
  await expect(starting).rejects.toMatchObject({ code: 'ARC_PORT_IN_USE' })
  expect(lines).toEqual([])
})
