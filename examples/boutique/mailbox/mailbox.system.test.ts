import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { acquireDatabase } from '../provider/testing.ts'
import { startMailbox } from './index.ts'

async function open(limit?: number) {
  const database = await acquireDatabase()
  const options = { connection: database.connectionString, port: 0, ...(limit !== undefined && { limit }) }
  let mailbox = await startMailbox(options)
  let transport = createTransport({ url: mailbox.url, pool: true, maxConnections: 4 })
  return {
    list: async (limit = 100, before?: number) => mailbox.list({ before, limit }),
    find: (number: number) => mailbox.find(number),
    send: (subject: string, text = 'Hello') =>
      transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject, text }),
    async restart() {
      transport.close()
      await mailbox.close()
      mailbox = await startMailbox(options)
      transport = createTransport({ url: mailbox.url, pool: true, maxConnections: 4 })
    },
    async [Symbol.asyncDispose]() {
      transport.close()
      await mailbox.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('what it says it has kept is there after a restart, the latest first', async () => {
  await using box = await open()
  for (const subject of ['first', 'second', 'third']) await box.send(subject)
  await box.restart()
  const kept = await box.list()
  expect(kept.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw.toString())?.[1])).toEqual([
    'third',
    'second',
    'first',
  ])
  const [latest] = kept
  expect(await box.list(1, latest?.number)).toMatchObject([{ number: (latest?.number ?? 0) - 1 }])
  expect(await box.find(latest?.number ?? 0)).toEqual(latest)
  expect(await box.find(999)).toBeUndefined()
})

test('it is bounded: the oldest go', async () => {
  await using box = await open(100)
  await Promise.all(Array.from({ length: 1_100 }, (_, index) => box.send(`number ${index}`)))
  const counted = await box.list(2_000)
  expect(counted.length).toBeGreaterThanOrEqual(100)
  expect(counted.length).toBeLessThan(700)
})

test('a message that is too large is refused, and the next one is taken', async () => {
  await using box = await open()
  await expect(box.send('large', 'x\n'.repeat(700_000))).rejects.toMatchObject({ responseCode: 552 })
  await box.send('small')
  expect(await box.list()).toHaveLength(1)
})
