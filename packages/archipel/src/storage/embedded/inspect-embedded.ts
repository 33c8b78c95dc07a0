import { join } from 'node:path'
import type { Environment } from '../../environment/index.ts'
import { packageEntry } from './binaries.ts'
import { makePlaces } from './places.ts'
import { findPostmaster } from './postmaster.ts'

/** What there is of an embedded server on a data folder. */
export interface EmbeddedReport {
  /** PostgreSQL's own data folder; undefined before the first start. */
  readonly cluster: string | undefined
  /** The server that runs on it. */
  readonly process: number | undefined
}

/** @throws ARC_DATABASE_START where no PostgreSQL is installed for this platform. */
export async function inspectEmbedded(environment: Environment, dataFolder: string): Promise<EmbeddedReport> {
  packageEntry()
  const { files } = environment
  if (!(await files.exists(join(dataFolder, 'secret')))) return { cluster: undefined, process: undefined }
  const { cluster } = await makePlaces(environment, dataFolder)
  if (!(await files.exists(cluster))) return { cluster: undefined, process: undefined }
  return { cluster, process: (await findPostmaster(files, cluster))?.process }
}
