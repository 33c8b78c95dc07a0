import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemEnvironment } from '../../environment/index.ts'
import { readMigrations } from './read-migrations.ts'

const { files, identifiers } = systemEnvironment()

async function folderOf(names: readonly string[]) {
  const folder = join(tmpdir(), `archipel-migrations-${identifiers.next()}`)
  await files.makeFolder(folder)
  for (const name of names) await files.write(join(folder, name), `-- ${name}`)
  return { folder, [Symbol.asyncDispose]: () => files.remove(folder) }
}

test('reads numbered files in their order and leaves other files alone', async () => {
  await using made = await folderOf(['0002-more-words.sql', '0001-first.sql', 'README.md'])
  expect(await readMigrations(files, made.folder)).toEqual([
    { name: '0001-first', sql: '-- 0001-first.sql' },
    { name: '0002-more-words', sql: '-- 0002-more-words.sql' },
  ])
})

test.each([
  [['0001-a.sql', '0003-c.sql'], '0002-'],
  [['0001-a.sql', '0001-b.sql'], '0002-'],
  [['1-a.sql'], '0001-'],
])('refuses %j: numbers have no gaps', async (names, wanted) => {
  await using made = await folderOf(names)
  await expect(readMigrations(files, made.folder)).rejects.toMatchObject({
    code: 'ARC_APPLICATION_INVALID',
    message: expect.stringContaining(`must be named ${wanted}`),
  })
})

test('refuses a folder that is not there', async () => {
  await expect(readMigrations(files, '/nowhere/at/all')).rejects.toMatchObject({
    code: 'ARC_APPLICATION_INVALID',
  })
})
