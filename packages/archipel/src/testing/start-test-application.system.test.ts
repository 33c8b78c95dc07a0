import { expect, test } from 'vitest'
import { z } from 'zod'
import { application } from '../application/index.ts'
import { command, contract, event, query } from '../contract/index.ts'
import { saga } from '../saga/index.ts'
import { service } from '../service/index.ts'
import { sql } from '../storage/index.ts'
import {
  createFaultPoints,
  createSkippableTime,
  describePlacements,
  eventually,
  startTestApplication,
} from './index.ts'

const migrations = new URL('./fixture-migrations/', import.meta.url)

const notes = contract('notes', {
  version: '1.0.0',
  operations: {
    write: command({
      access: 'internal',
      input: z.object({ id: z.string(), text: z.string() }),
      output: z.object({ id: z.string() }),
    }),
    archive: command({ access: 'internal', input: z.object({ id: z.string() }), output: z.object({}) }),
    read: query({
      access: 'internal',
      input: z.object({ id: z.string() }),
      output: z.object({ text: z.string(), archived: z.boolean() }),
    }),
  },
  events: { written: event({ data: z.object({ id: z.string() }), key: 'id', version: 1 }) },
})

/** Its archive is closed at first; whoever asks is told to come again. */
const archiving = saga('archiving', {
  version: 1,
  input: z.object({ id: z.string() }),
  uses: { notes },
  retry: { first: '1h', longest: '1h' },
}).pivot('archive', ({ input }, { notes }) => notes.archive({ id: input.id }))

function notebook(archive: { open: boolean; asked: number; read?: number }) {
  return application('notebook', {
    services: [
      service(notes, { database: { migrations }, sagas: [archiving] })
        .operation('write', async ({ id, text }, { db, publish, start }) => {
          await db.run(sql`insert into notes (id, text) values (${id}, ${text})`)
          publish.written({ id })
          start.archiving(id, { id })
          return { id }
        })
        .operation('archive', async ({ id }, { db }) => {
          archive.asked++
          if (!archive.open) throw new Error('the archive is closed')
          await db.run(sql`update notes set archived = true where id = ${id}`)
          return {}
        })
        .operation('read', ({ id }, { db }) => {
          archive.read = (archive.read ?? 0) + 1
          return db.one(
            z.object({ text: z.string(), archived: z.boolean() }),
            sql`select text, archived from notes where id = ${id}`,
          )
        }),
    ],
  })
}

describePlacements('a test application', ({ options }) => {
  test('starts on a database of its own in well under a second, and leaves nothing', async () => {
    // The first start of the run makes the template.
    await (await startTestApplication(notebook({ open: true, asked: 0 }), options))[Symbol.asyncDispose]()
    const began = performance.now()
    const running = await startTestApplication(notebook({ open: true, asked: 0 }), options)
    expect(performance.now() - began).toBeLessThan(1_000)
    const { database } = running.admin
    await running[Symbol.asyncDispose]()
    await using other = await startTestApplication(notebook({ open: true, asked: 0 }), {
      ...options,
      doors: false,
    })
    expect(await other.query('select from pg_database where datname = $1', [database])).toEqual([])
    expect(other.url).toBe('')
  })

  test('serves its doors on free ports', async () => {
    await using running = await startTestApplication(notebook({ open: true, asked: 0 }), options)
    expect((await fetch(`${running.operationsUrl}/readyz`)).status).toBe(200)
  })

  test('forces the wire where it is asked to', async () => {
    const archive = { open: true, asked: 0, read: 0 }
    await using running = await startTestApplication(notebook(archive), { ...options, doors: false })
    await running.client(notes, { idempotencyKey: 'first' }).write({ id: 'n1', text: 'read me' })
    expect((await running.client(notes).read({ id: 'n1' })).text).toBe('read me')
    expect(archive.read).toBe(options.wireForced ? 3 : 1)
  })

  test('runs a saga with an hour between its tries in a moment', async () => {
    const time = createSkippableTime()
    const archive = { open: false, asked: 0 }
    await using running = await startTestApplication(notebook(archive), { ...options, doors: false, time })
    const client = running.client(notes, { idempotencyKey: 'first' })
    await client.write({ id: 'n1', text: 'remember' })
    await eventually(() => archive.asked > 0)
    await running.idle()
    const asked = archive.asked
    archive.open = true
    expect((await running.client(notes).read({ id: 'n1' })).archived).toBe(false)
    const began = performance.now()
    await eventually(async () => {
      time.skip(60 * 60 * 1_000)
      return (await running.client(notes).read({ id: 'n1' })).archived
    })
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(archive.asked).toBeGreaterThan(asked)
    expect(running.differences).toEqual([])
  })

  test('holds and fails at named points', async () => {
    const faults = createFaultPoints()
    await using running = await startTestApplication(notebook({ open: true, asked: 0 }), {
      ...options,
      doors: false,
      faults,
    })
    const held = faults.pause('command.before-commit')
    const writing = running.client(notes, { idempotencyKey: 'first' }).write({ id: 'n1', text: 'held' })
    await held.reached
    expect(await running.query('select * from notes.notes')).toEqual([])
    held.release()
    await expect(writing).resolves.toEqual({ id: 'n1' })
    await running.idle()
    expect(faults.points).toContain('command.after-commit')
  })
})

test('three that start at once share one template', async () => {
  const started = await Promise.all(
    [1, 2, 3].map(() => startTestApplication(notebook({ open: true, asked: 0 }), { doors: false })),
  )
  const names = started.map(({ admin }) => admin.database)
  expect(new Set(names).size).toBe(3)
  await Promise.all(started.map((running) => running[Symbol.asyncDispose]()))
})
