import { CloudEvent as OfficialEvent, HTTP, type Message } from 'cloudevents'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../errors/index.ts'
import type { LoggedEvent } from '../types.ts'
import { cloudEventOf, type CloudEvent } from './cloud-event.ts'
import { binaryMessage, eventOfMessage, structuredMessage, type EventMessage } from './http-form.ts'

const traceparent: string = '00-11111111111111111111111111111111-2222222222222222-01'
const placed: LoggedEvent = {
  position: 42,
  publisher: 'orders',
  id: '0198d2ac-0000-7000-8000-000000000001',
  type: 'orders.orderPlaced.v1',
  key: 'o-1',
  time: '2026-01-01T00:00:00.000Z',
  correlationId: 'c-1',
  traceparent,
  causationId: 'cause',
  data: { orderId: 'o-1', total: { amount: 1250, currency: 'GBP' }, note: 'ä "quoted" 100 %' },
}

test('an event of the log is a CloudEvent with the standard names and extensions in lower case', () => {
  expect(cloudEventOf(placed)).toEqual({
    specversion: '1.0',
    id: placed.id,
    source: '/orders',
    type: 'orders.orderPlaced.v1',
    subject: 'o-1',
    time: placed.time,
    datacontenttype: 'application/json',
    partitionkey: 'o-1',
    sequence: '0000000000000042',
    traceparent,
    correlationid: 'c-1',
    causationid: 'cause',
    data: placed.data,
  })
})

const text = fc.string({ unit: 'binary', minLength: 1 }).map((each) => each.toWellFormed())
const events = fc
  .record({
    position: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    publisher: fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,9}$/),
    id: fc.uuid(),
    type: fc.stringMatching(/^[a-z]{1,9}\.[a-z]{1,9}\.v[1-9]$/),
    key: text,
    time: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((at) => at.toISOString()),
    correlationId: text,
    traceparent: fc.constantFrom(undefined, traceparent),
    causationId: fc.option(text, { nil: undefined }),
    data: fc.dictionary(fc.string(), fc.jsonValue()),
  })
  .map((event) => ({ ...event, data: JSON.parse(JSON.stringify(event.data)) as JsonObject }))

/** Nothing of an event is lost in its CloudEvent. */
function loggedEventOf(event: CloudEvent): LoggedEvent {
  return {
    position: Number(event.sequence),
    publisher: event.source.slice(1),
    id: event.id,
    type: event.type,
    key: event.partitionkey,
    time: event.time,
    correlationId: event.correlationid,
    traceparent: event.traceparent,
    causationId: event.causationid,
    data: event.data,
  }
}

test('every event comes back as it was, from both modes, also after a header was sent', () => {
  const visible = /^[\x21-\x7e]*$/
  fc.assert(
    fc.property(events, (event) => {
      const made = cloudEventOf(event)
      expect(loggedEventOf(made)).toEqual(event)
      for (const message of [structuredMessage(made), binaryMessage(made)]) {
        expect(eventOfMessage(message)).toEqual(made)
        for (const [name, value] of Object.entries(message.headers)) {
          expect(name).toBe(name.toLowerCase())
          if (name !== 'content-type') expect(value).toMatch(visible)
        }
      }
    }),
    { examples: [[placed]] },
  )
})

/** The official package hands headers on as they are: it doesn't know their percent-encoding. */
const plainText = fc.stringMatching(/^[!#$&-~]{1,20}$/)

test('the official package takes every event of ours, in both modes, and reads the same', () => {
  const plainEvents = fc
    .tuple(events, plainText, plainText)
    .map(([event, key, correlationId]) => ({ ...event, key, correlationId, causationId: key }))
  fc.assert(
    fc.property(plainEvents, (event) => {
      const made = cloudEventOf(event)
      for (const message of [structuredMessage(made), binaryMessage(made)]) {
        const official: unknown = HTTP.toEvent(messageOf(message))
        if (!(official instanceof OfficialEvent)) throw new Error('it is no event, or several')
        expect(official.validate()).toBe(true)
        expect(JSON.parse(JSON.stringify(official))).toEqual(made)
      }
    }),
  )
})

test('we read what the official package writes of an event of ours, in both modes', () => {
  const made = cloudEventOf({ ...placed, data: { plain: true } })
  const official = new OfficialEvent({ ...made })
  for (const message of [HTTP.binary(official), HTTP.structured(official)]) {
    expect(eventOfMessage({ headers: lowerCase(message.headers), body: String(message.body) })).toEqual(made)
  }
})

test.each<[string, EventMessage]>([
  ['no attributes', { headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['another version', changed((made) => ({ ...made, specversion: '0.3' }))],
  ['no id', changed((made) => ({ ...made, id: '' }))],
  ['another source', changed((made) => ({ ...made, source: 'https://elsewhere.example/' }))],
  ['data that is a list', changed((made) => ({ ...made, data: [] }))],
  ['no JSON', { ...structuredMessage(cloudEventOf(placed)), body: '{' }],
])('refuses a message with %s', (_, message) => {
  expect(() => eventOfMessage(message)).toThrow(/no CloudEvent of this application/)
})

function changed(change: (made: object) => object): EventMessage {
  const made = cloudEventOf(placed)
  return { ...structuredMessage(made), body: JSON.stringify(change(made)) }
}

function messageOf({ headers, body }: EventMessage): Message {
  return { headers: { ...headers }, body }
}

function lowerCase(headers: Message['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}
