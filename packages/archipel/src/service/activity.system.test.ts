import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, conflict, contract, notFound, query } from '../contract/index.ts'
import { activity } from '../saga/index.ts'
import { service } from './index.ts'
import { countOf, openTestHost } from './service.fixture.ts'

const people = contract('people', {
  version: '1.0.0',
  operations: {
    getContact: query({
      access: 'internal',
      input: z.object({ id: z.string() }),
      output: z.object({ email: z.string(), asked: z.string(), remains: z.boolean() }),
      errors: { PERSON_GONE: notFound() },
    }),
    wait: query({ access: 'internal', input: z.object({}), output: z.object({}) }),
  },
  events: {},
})
const peopleService = service(people, {})
  .operation('getContact', ({ id }, { errors, principal, correlationId }) => {
    if (id === 'gone') throw errors.PERSON_GONE()
    return { email: `${id}@example.com`, asked: `${principal?.id} ${correlationId}`, remains: true }
  })
  .operation(
    'wait',
    (_input, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({}))),
  )

const mail = contract('mail', {
  version: '1.0.0',
  operations: {
    send: command({
      access: 'internal',
      input: z.object({ id: z.string() }),
      output: z.object({ to: z.string() }),
    }),
  },
  events: {},
})
const { input, output } = mail.operations.send
const send = activity('send', { input, output, uses: { people }, effects: { post: (to: string) => to } })
  .intend(async ({ id }) => ({ id }))
  .effect(async ({ id }, { people, post, nothingSent }) => {
    if (id === 'wait') await people.wait({})
    const contact = await people.try.getContact({ id })
    if (!contact.ok) throw nothingSent(contact.error)
    return { to: post(`${contact.value.email} asked by ${contact.value.asked}`) }
  })
  .settle(async ({ to }) => ({ to }))
const mailService = service(mail, { activities: [send] }).operation('send', send)

const principal = { id: 'ada', roles: [], scopes: [] }
const call = { key: 'k1', input: {}, principal, correlationId: 'c1', traceparent: undefined }
const within = (signal = new AbortController().signal, deadlineAt = Infinity) => ({
  key: 'k1',
  attempt: 1,
  signal,
  deadlineAt,
})

test.each([false, true])('an effect reads other services (wire forced: %s)', async (forced) => {
  await using host = await openTestHost({ services: [peopleService, mailService], database: false, forced })
  const [bound] = host.bound.get('mail')?.activities ?? []
  expect(await bound?.effect({ id: 'bob' }, within(), call)).toEqual({
    to: 'bob@example.com asked by ada c1',
  })
})

test('what an effect says has not left is told from an unknown outcome', async () => {
  await using host = await openTestHost({ services: [peopleService, mailService], database: false })
  const [bound] = host.bound.get('mail')?.activities ?? []
  await expect(bound?.effect({ id: 'gone' }, within(), call)).rejects.toMatchObject({
    code: 'ARC_NOTHING_SENT',
    effect: 'none',
  })
})

test('a read of an effect ends with its try: when it is cut, and at its deadline', async () => {
  await using host = await openTestHost({ services: [peopleService, mailService], database: false })
  const [bound] = host.bound.get('mail')?.activities ?? []
  const cut = new AbortController()
  const reading = bound?.effect({ id: 'wait' }, within(cut.signal), call)
  cut.abort()
  await expect(reading).rejects.toMatchObject({ code: 'ARC_CANCELLED' })
  const past = performance.now() - 1
  await expect(bound?.effect({ id: 'wait' }, within(undefined, past), call)).rejects.toMatchObject({
    code: 'ARC_DEADLINE',
  })
})

const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    order: command({
      access: 'public',
      input: z.object({ tell: z.array(z.string()), end: z.enum(['answer', 'throw']) }),
      output: z.object({}),
      errors: { CLOSED: conflict() },
    }),
    tell: command({ access: 'internal', input: z.object({ text: z.string() }), output: z.object({}) }),
  },
  events: {},
})
const tell = activity('tell', { input: shop.operations.tell.input, output: shop.operations.tell.output })
  .intend(async () => null)
  .effect(async () => null)
  .settle(async () => ({}))
const shopService = service(shop, { activities: [tell] })
  .operation('tell', tell)
  .operation('order', (input, { start, errors }) => {
    for (const text of input.tell) start.tell(text, { text })
    if (input.end === 'throw') throw errors.CLOSED()
    return {}
  })

test('what a command starts is begun by its transaction, once its handler has answered', async () => {
  await using host = await openTestHost({ services: [shopService] })
  const client = host.client(shop)
  const started = () => countOf(host.database('shop'), 'archipel_test_sagas')
  await client.order({ tell: ['1', '2'], end: 'answer' })
  expect([await started(), host.committed]).toEqual([3, ['started']])
  await expect(client.order({ tell: ['3'], end: 'throw' })).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(client.order({ tell: ['4', 'broken'], end: 'answer' })).rejects.toMatchObject({
    code: 'ARC_INTERNAL',
  })
  expect([await started(), host.committed]).toEqual([3, ['started']])
})
