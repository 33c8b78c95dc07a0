import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import PostalMime from 'postal-mime'
import { startMailbox, type Mailbox } from '../mailbox/index.ts'
import { acquireDatabase, type TestDatabase } from '../provider/testing.ts'
import { NotSentError } from './mail-sender.ts'
import { createSmtpSender } from './smtp-sender.ts'

let database: TestDatabase
let mailbox: Mailbox
const from = 'orders@boutique.example'
beforeAll(async () => {
  database = await acquireDatabase()
  mailbox = await startMailbox({ connection: database.connectionString, port: 0 })
})
afterAll(async () => {
  sender.close()
  await mailbox.close()
  await database[Symbol.asyncDispose]()
})
const sender = createSmtpSender({ url: () => mailbox.url, from, connections: 4, atOnce: 4 })
const signal = new AbortController().signal

const letter = (address: string, name = 'Ada') => ({
  messageId: `<${crypto.randomUUID()}@boutique.example>`,
  to: { name, address },
  subject: 'Hello',
  text: 'Dear Ada,\n.\n..dots and £\n',
})
const keptOf = async (messageId: string) => {
  const kept = await mailbox.list({ before: undefined, limit: 100 })
  const parsed = await Promise.all(
    kept.map(async (message) => ({ message, mail: await PostalMime.parse(message.raw) })),
  )
  return parsed.filter(({ mail }) => mail.messageId === messageId)
}

test('a letter arrives as it was written', async () => {
  const sent = letter('ada@example.com', 'Zoë "the first" Müller, PhD')
  expect(await sender.send(sent, signal)).toEqual({ status: 'sent' })
  const [kept] = await keptOf(sent.messageId)
  expect(kept?.message).toMatchObject({ from, to: ['ada@example.com'] })
  expect(kept?.mail).toMatchObject({
    subject: 'Hello',
    to: [{ name: 'Zoë "the first" Müller, PhD', address: 'ada@example.com' }],
    from: { name: 'The Boutique', address: from },
  })
  expect(kept?.mail.text?.replaceAll('\r\n', '\n')).toContain(sent.text.trim())
})

test.each([
  'Ada\r\nBcc: victim@example.com',
  'Ada\nX-Injected: yes\n\nbody',
  'Ada\r\n\r\nnew body',
  'Ada" <victim@example.com>, "x',
  '=?utf-8?q?Ada=0D=0ABcc:_victim@example.com?=',
])('no name puts a line into the head, or another recipient: %j', async (name) => {
  const sent = letter('ada@example.com', name)
  await sender.send(sent, signal)
  const [kept] = await keptOf(sent.messageId)
  expect(kept?.message.to).toEqual(['ada@example.com'])
  const names = kept?.mail.headers.map(({ key }) => key).toSorted((a, b) => a.localeCompare(b))
  expect(names).toEqual([
    'content-transfer-encoding',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'subject',
    'to',
  ])
  expect(kept?.mail.to?.map(({ address }) => address)).toEqual(['ada@example.com'])
  expect(kept?.mail.text?.trim()).toBe('Dear Ada,\n.\n..dots and £')
})

test('a recipient that is refused is a known outcome', async () => {
  const outcome = await sender.send(letter('nobody@refused.example'), signal)
  expect(outcome).toMatchObject({ status: 'refused', reason: expect.stringContaining('550') })
})

test('a recipient that is refused for now was not sent', async () => {
  const sent = letter('ada@grey.example')
  await expect(sender.send(sent, signal)).rejects.toThrow(NotSentError)
  expect(await sender.send(sent, signal)).toEqual({ status: 'sent' })
  expect(await keptOf(sent.messageId)).toHaveLength(1)
})

test('a connection that is cut before the content was not sent', async () => {
  const sent = letter('ada@cut.example')
  await expect(sender.send(sent, signal)).rejects.toThrow(NotSentError)
  expect(await keptOf(sent.messageId)).toHaveLength(0)
  expect(await sender.send(sent, signal)).toEqual({ status: 'sent' })
})

test('a connection that is cut instead of an answer leaves it unknown, and nothing is sent again by itself', async () => {
  const sent = letter('ada@lost.example')
  const failure = await sender.send(sent, signal).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Error)
  expect(failure).not.toBeInstanceOf(NotSentError)
  expect(await keptOf(sent.messageId)).toHaveLength(1)
})

test('a server that is away was not sent to', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const address = gone.address()
  const port = typeof address === 'object' && address ? address.port : 0
  gone.close()
  await once(gone, 'close')
  const nobody = createSmtpSender({ url: () => `smtp://127.0.0.1:${port}`, from, connections: 1, atOnce: 1 })
  await expect(nobody.send(letter('ada@example.com'), signal)).rejects.toThrow(NotSentError)
  nobody.close()
})

test('a letter whose time ends while it waits for a connection was not sent', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const stuck = createSmtpSender({ url: () => `smtp://127.0.0.1:${port}`, from, connections: 1, atOnce: 1 })
  const cut = new AbortController()
  const letters = [1, 2].map(() => stuck.send(letter('ada@example.com'), cut.signal))
  cut.abort()
  for (const outcome of await Promise.allSettled(letters))
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(NotSentError) })
  stuck.close()
  silent.close()
})

test('many letters at once all arrive, once each', async () => {
  const letters = Array.from({ length: 60 }, (_, index) => letter(`many-${index}@example.com`))
  await Promise.all(letters.map((one) => sender.send(one, signal)))
  for (const { messageId } of letters) expect(await keptOf(messageId)).toHaveLength(1)
})
