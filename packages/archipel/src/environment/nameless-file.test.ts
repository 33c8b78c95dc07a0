import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openNamelessFile } from './nameless-file.ts'

test('keeps what is appended, gives any part of it, and has no name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-nameless-'))
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })
  const file = await openNamelessFile()
  expect(await readdir(folder)).toEqual([])
  await file.append(Uint8Array.of(1, 2, 3))
  await file.append(Uint8Array.of(4))
  await file.append(new Uint8Array())
  expect([...(await file.read(0, 100))]).toEqual([1, 2, 3, 4])
  expect([...(await file.read(1, 2))]).toEqual([2, 3])
  expect([...(await file.read(4, 1))]).toEqual([])
  expect([...(await file.read(9, 1))]).toEqual([])
  await file.close()
})
