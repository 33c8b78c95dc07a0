import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemFiles as files } from './files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archipel files '))
})
afterEach(() => rm(folder, { recursive: true }))

test('a written file has its content and mode, and leaves no draft behind', async () => {
  const path = join(folder, 'secret')
  await files.write(path, 'one', 0o600)
  await files.write(path, 'two', 0o600)
  expect(await files.read(path)).toBe('two')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['secret'])
})

test('of many who create one file, one succeeds', async () => {
  const path = join(folder, 'owner')
  const created = await Promise.all(
    Array.from({ length: 20 }, (_, index) => files.create(path, String(index))),
  )
  expect(created.filter(Boolean)).toHaveLength(1)
})

test('a missing file does not exist, and removing it is no error', async () => {
  expect(await files.exists(join(folder, 'nothing'))).toBe(false)
  await files.remove(join(folder, 'nothing'))
})
