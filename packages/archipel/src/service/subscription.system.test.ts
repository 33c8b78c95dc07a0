import { expect, test } from 'vitest'
import { z } from 'zod'
import { command, contract, event, refused } from '../contract/index.ts'
import type { LoggedEvent } from '../messaging/index.ts'
import { activity } from '../saga/index.ts'
import { service } from './index.ts'
import { countOf, openTestHost, sql } from './service.fixture.ts'

const Placed = z.object({ id: z.string() })
const orders = contract('orders', {
  version: '1.0.0',
  operations: {},
  events: { placed: event({ data: Placed, key: 'id', version: 1 }) },
})
const mail = contract('mail', {
  version: '1.0.0',
  operations: {
    send: command({
      access: 'internal',
      input: z.object({ to: z.string(), kind: z.string().default('plain') }),
      output: z.object({ sent: z.boolean() }),
      errors: { BOUNCED: refused(z.object({ to: z.string() })) },
    }),
  },
  events: { sent: event({ data: Placed, key: 'id', version: 1 }) },
})
const { input, output, errors } = mail.operations.send
const sendMail = activity('send', {
  input,
  output,
  errors,
  events: mail.events,
  effects: { post: (to: string) => `posted ${to}` },
})
  .intend(async ({ to, kind }, { db, errors, id }) => {
    await db.run(sql`insert into sent (id) values (${id()})`)
    if (to === 'nobody') throw errors.BOUNCED({ to })
    return { to, kind }
  })
  .effect(async ({ to }, { post }) => ({ said: post(to) }))
  .settle(async ({ said }, { db, publish, errors, intent, id }) => {
    await db.run(sql`insert into sent (id) values (${id()})`)
    publish.sent({ id: said })
    return intent.kind === 'bounce' ? errors.BOUNCED({ to: intent.to }) : { sent: true }
  })

const mailService = service(mail, { activities: [sendMail] })
  .operation('send', sendMail)
  .on(
    orders.events.placed,
    { name: 'tell', from: 'start', retry: { attempts: 3, first: '10ms' } },
    async ({ data, id }, { db, publish }) => {
      await db.run(sql`insert into sent (id) values (${data.id})`)
      publish.sent({ id })
    },
  )

  .onPage(orders.events.placed, { name: 'tell-all', from: 'start' }, async (events, { db, of }) => {
    await db.run(sql`insert into sent (id) select unnest(${events.map(({ data }) => data.id)}::text[])`)
    // In an order of its own: each still has its own cause.
    for (const event of events.toReversed()) of(event).publish.sent({ id: event.id })
    const [first] = events
    await db
      .transaction(async () => {
        if (first) of(first).publish.sent({ id: 'undone' })
        throw new Error('undone')
      })
      .catch(() => undefined)
  })
  .onPage(orders.events.placed, { name: 'tell-strangers', from: 'start' }, (_, { of }) =>
    of({ id: 'e0', sequence: '0' }),
  )

const open = () =>
  openTestHost({ services: [mailService], tables: { mail: 'create table sent (id text primary key);' } })

const placed = (data: LoggedEvent['data']): LoggedEvent => ({
  id: 'e1',
  type: 'orders.placed.v1',
  key: 'o1',
  data,
  time: '2026-01-01T00:00:00.000Z',
  correlationId: 'c1',
  traceparent: undefined,
  causationId: undefined,
  position: 1,
  publisher: 'orders',
})

test('a subscription carries what it was declared with, and defaults for the rest', async () => {
  await using host = await open()
  expect(host.bound.get('mail')?.subscriptions.slice(0, 1)).toMatchObject([
    {
      service: 'mail',
      name: 'tell',
      publisher: 'orders',
      types: ['orders.placed.v1'],
      from: 'start',
      onPoison: 'park-key',
      retry: { attempts: 3, firstDelayMs: 10, longestDelayMs: 60_000 },
    },
  ])
})

test('the handler of an event writes into the transaction it is given, and leaves the rest to its end', async () => {
  await using host = await open()
  const [tell] = host.bound.get('mail')?.subscriptions ?? []
  await using transaction = await host.database('mail').begin()
  const leftovers = await tell?.handle(placed({ id: 'o1', addedLater: true }), transaction)
  expect(leftovers?.events).toMatchObject([
    { type: 'mail.sent.v1', key: 'e1', correlationId: 'c1', causationId: 'e1' },
  ])
  expect(await countOf(host.database('mail'), 'sent')).toBe(0)
  await transaction.commit(leftovers?.statements ?? [])
  leftovers?.committed()
  expect(await countOf(host.database('mail'), 'sent')).toBe(1)
  expect(host.committed).toEqual(['changed mail o1', 'kick', 'changed mail e1'])
})

test('the handler of a page sees all its events, and each is the cause of what is published because of it', async () => {
  await using host = await open()
  const [, tellAll, tellStrangers] = host.bound.get('mail')?.subscriptions ?? []
  const page = [1, 2].map((number) => ({
    ...placed({ id: `o${number}` }),
    id: `e${number}`,
    key: `o${number}`,
    correlationId: `c${number}`,
    traceparent: `00-1111111111111111111111111111111${number}-2222222222222222-01`,
    position: number,
  }))
  await using transaction = await host.database('mail').begin()
  const leftovers = await tellAll?.handlePage?.(page, transaction)
  expect(leftovers?.events).toMatchObject(
    [2, 1].map((number) => ({
      key: `e${number}`,
      correlationId: `c${number}`,
      causationId: `e${number}`,
      traceparent: page[number - 1]?.traceparent,
    })),
  )
  await transaction.commit([])
  leftovers?.committed()
  expect(await countOf(host.database('mail'), 'sent')).toBe(2)
  expect(host.committed).toEqual([
    'changed mail o1',
    'changed mail o2',
    'kick',
    'changed mail e2',
    'changed mail e1',
  ])

  await using other = await host.database('mail').begin()
  await expect(tellStrangers?.handlePage?.(page, other)).rejects.toMatchObject({
    code: 'ARC_APPLICATION_INVALID',
    message: expect.stringContaining("event e0, which isn't in its page"),
  })
})

test('an event that does not fit the contract of its reader fails, to be retried and parked', async () => {
  await using host = await open()
  const [tell] = host.bound.get('mail')?.subscriptions ?? []
  await using transaction = await host.database('mail').begin()
  await expect(tell?.handle(placed({ id: 1 }), transaction)).rejects.toMatchObject({
    code: 'ARC_INPUT_INVALID',
  })
})

const call = (to: string) => ({
  key: 'k1',
  input: { to, kind: 'plain' },
  principal: undefined,
  correlationId: 'c1',
  traceparent: undefined,
})

test('an activity is bound in its three moments', async () => {
  await using host = await open()
  const [send] = host.bound.get('mail')?.activities ?? []
  if (!send) throw new Error('the activity is missing')
  await using first = await host.database('mail').begin()
  const intended = await send.intend({ to: 'a', kind: 'plain' }, first, call('a'), 'own')
  await first.commit([])
  if (!('intent' in intended)) throw new Error('it was refused')
  const bounds = { key: 'k1', signal: new AbortController().signal, deadlineAt: Infinity, attempt: 1 }
  const outcome = await send.effect(intended.intent, bounds, call('a'))
  expect(outcome).toEqual({ said: 'posted a' })
  await using second = await host.database('mail').begin()
  const settled = await send.settle(outcome, intended.intent, second, call('a'), 'own')
  expect(settled).toMatchObject({ answer: { sent: true }, leftovers: { events: [{ key: 'posted a' }] } })
})

test('a refusal that an activity throws leaves nothing, one that it returns keeps what was written', async () => {
  await using host = await open()
  const [send] = host.bound.get('mail')?.activities ?? []
  if (!send) throw new Error('the activity is missing')
  await using first = await host.database('mail').begin()
  const refused = await send.intend({ to: 'nobody', kind: 'plain' }, first, call('nobody'), 'shared')
  await first.commit([])
  expect(refused).toMatchObject({
    refusal: { code: 'BOUNCED', kind: 'refused', details: { to: 'nobody' } },
    leftovers: { events: [] },
  })
  expect(await countOf(host.database('mail'), 'sent')).toBe(0)
  await using own = await host.database('mail').begin()
  // Who runs it rolls it back.
  const undone = await send.intend({ to: 'nobody', kind: 'plain' }, own, call('nobody'), 'own')
  expect(undone).toMatchObject({ refusal: { code: 'BOUNCED' }, undo: true, leftovers: { events: [] } })

  await using second = await host.database('mail').begin()
  const kept = await send.settle({ said: 'x' }, { to: 'a', kind: 'bounce' }, second, call('a'), 'shared')
  await second.commit([])
  expect(kept).toMatchObject({
    refusal: { code: 'BOUNCED' },
    leftovers: { events: [{ type: 'mail.sent.v1' }] },
  })
  expect(await countOf(host.database('mail'), 'sent')).toBe(1)
})

test('a service that is not complete is refused by name', async () => {
  const incomplete = service(mail, {})
  await expect(openTestHost({ services: [incomplete], database: false })).rejects.toMatchObject({
    code: 'ARC_APPLICATION_INVALID',
    details: { faults: ["mail has no handler for 'send'"] },
  })
})
