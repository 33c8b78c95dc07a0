import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, event, query } from '../contract/index.ts'
import { activity } from '../saga/index.ts'
import { gateway } from '../gateway/index.ts'
import { service } from '../service/index.ts'
import { application } from './application.ts'

const nothing = { access: 'internal', input: z.object({}), output: z.object({}) } as const
const people = contract('people', { version: '1.0.0', operations: { find: query(nothing) }, events: {} })
const mail = contract('mail', { version: '1.0.0', operations: { send: command(nothing) }, events: {} })
const { input, output } = mail.operations.send
const send = activity('send', { input, output, uses: { people } })
  .intend(async () => ({}))
  .effect(async (_intent, { people }) => people.find())
  .settle(async () => ({}))
const mailService = service(mail, { activities: [send] }).operation('send', send)
const peopleService = service(people, {}).operation('find', () => ({}))

test('what an activity reads from must be in the application, as for a service and a saga', () => {
  expect(() => application('post', { services: [mailService] })).toThrow(
    /services\.mail\.activities\.send\.uses\.people: there is no service 'people' in this application/,
  )
  expect(application('post', { services: [mailService, peopleService] }).name).toBe('post')
})

test('a service that is missing is one line, whoever needs it, with what to write in a test', () => {
  const heard = contract('people', {
    version: '1.0.0',
    operations: {},
    events: { joined: event({ data: z.object({ id: z.string() }), key: 'id', version: 1 }) },
  })
  const listening = mailService.on(heard.events.joined, { name: 'greet', from: 'start' }, () => undefined)
  const other = service(contract('other', { version: '1.0.0', operations: {} }), {
    uses: { folk: people, mail },
  })
  expect(() => application('post', { services: [listening, other] })).toThrow(
    expect.objectContaining({
      details: {
        issues: [
          {
            path: 'services.mail.activities.send.uses.people',
            message:
              "there is no service 'people' in this application (nor for services.mail.on.greet, services.other.uses.folk). " +
              "Add it to `services`; in place of another team's write standIn(people, { … }).service there (from 'archipel/testing', with its contract), with an answer for each operation that is called",
          },
        ],
      },
    }),
  )
  const deaf = service(contract('deaf', { version: '1.0.0', operations: {} }), {}).on(
    heard.events.joined,
    { name: 'greet', from: 'start' },
    () => undefined,
  )
  expect(() => application('post', { services: [deaf] })).toThrow(/ write standIn\(people\)\.service there/)
})

test('two things of one name in an effect are refused', () => {
  for (const uses of [{ key: people }, { post: people }])
    expect(() => activity('send', { input, output, uses, effects: { post: 1 } })).toThrow(
      /names two things in its effect/,
    )
})

test("a route with the gateway's prefix would be served under two of them: it is refused, with the route to write", () => {
  const pages = contract('pages', {
    version: '1.0.0',
    operations: { read: query({ ...nothing, access: 'public', http: { route: 'GET /api/v1/pages' } }) },
  })
  const services = [service(pages, {}).operation('read', () => ({}))] as const
  expect(() => application('site', { services, gateway: gateway() })).toThrow(
    /services\.pages\.operations\.read: its route begins with the gateway's prefix '\/api\/v1'.*: write '\/pages'/,
  )
  expect(application('site', { services, gateway: gateway({ prefix: '/web' }) }).name).toBe('site')
})

test('an application is data: another one is made of it, with one service more', () => {
  const post = application('post', { services: [mailService, peopleService] })
  const more = service(contract('more', { version: '1.0.0', operations: {} }), {})
  expect(application('post', { ...post, services: [...post.services, more] }).services).toHaveLength(3)
})
