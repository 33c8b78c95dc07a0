import { basename, join } from 'node:path'
import type { Files } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Migration } from '../types.ts'

const NAME = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/

/**
 * Reads the `NNNN-name.sql` files of a folder in their order; other files are left alone.
 * @throws ARC_APPLICATION_INVALID when the folder is missing, a name doesn't fit, or numbers don't run 1, 2, 3 …
 */
export async function readMigrations(files: Files, folder: string): Promise<Migration[]> {
  if (!(await files.exists(folder)))
    throw frameworkError('ARC_APPLICATION_INVALID', `There is no folder ${folder} of migrations.`)
  const names = (await files.list(folder)).filter((name) => name.endsWith('.sql')).toSorted()
  names.forEach((name, index) => {
    const number = NAME.exec(name)?.[1]
    const wanted = String(index + 1).padStart(4, '0')
    if (number !== wanted) {
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `${join(folder, name)} must be named ${wanted}-some-words.sql: numbers have no gaps.`,
      )
    }
  })
  return Promise.all(
    names.map(async (name) => ({ name: basename(name, '.sql'), sql: await files.read(join(folder, name)) })),
  )
}
