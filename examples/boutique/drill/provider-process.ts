import { setTimeout as sleep } from 'node:timers/promises'
import { startProvider } from '../provider/index.ts'
import { readProviderDatabase } from './shop-database.ts'

/**
 * The card processor in a process of its own, so that it can die while the shop lives. It starts as soon as its
 * database answers: PostgreSQL may be on its way back just now.
 */
const { ARCHIPEL_DATA = '', PORT } = process.env
const connectionString = await readProviderDatabase(ARCHIPEL_DATA)
for (;;) {
  const started = await startProvider({ connectionString, port: Number(PORT), log: console.error }).catch(
    (failure: unknown) => {
      console.error(String(failure))
      return undefined
    },
  )
  if (started) break
  await sleep(100)
}
