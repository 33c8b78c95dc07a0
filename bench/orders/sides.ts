import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCandidate, type Candidate } from '../harness/candidate.ts'
import { openDatabase, type Database } from '../harness/database.ts'
import { CLIENT_CORE, SERVER_CORE } from '../harness/machine.ts'
import { OURS } from '../harness/report.ts'
import { startShop, type Shop } from '../harness/shop.ts'
import { freePorts, startWebProcess } from '../harness/web-process.ts'
import type { OpenRequest } from './customers.ts'

export const BY_HAND = 'by hand'
export const CANDIDATES = [
  { name: OURS, start: startOurs },
  { name: BY_HAND, start: startByHand },
]

const CUSTOMERS = 16
/** The databases of the services, of the card processor and of the mailbox, on one server. */
export const SHOP_DATABASE = 'boutique'
export const PROVIDER_DATABASE = 'boutique_provider'
const MAILBOX_DATABASE = 'boutique_mailbox'

/** A shop with a server and customers of its own. */
export interface Side extends AsyncDisposable {
  readonly name: string
  readonly database: Database
  readonly shop: Shop
  readonly customers: Candidate
  /** What its tables must hold by now. */
  orders: number
  total: number
}

/** @param folder of nobody else. */
export async function startSide({ name, start }: (typeof CANDIDATES)[number], folder: string): Promise<Side> {
  await using started = new AsyncDisposableStack()
  const dataFolder = join(folder, 'data')
  await mkdir(folder, { recursive: true })
  // Started by us and joined by the shop, so that it isn't held to the shop's core.
  const database = started.use(await openDatabase(dataFolder))
  const shop = started.adopt(await start(database, dataFolder), (one) => one.stop())
  const module = new URL('customers.ts', import.meta.url)
  const customers = started.adopt(
    await startCandidate({ name: `customers of ${name}`, module, core: CLIENT_CORE }),
    (one) => one.stop(),
  )
  const open: OpenRequest = {
    api: shop.api,
    dataFolder,
    databaseUrl: database.url(SHOP_DATABASE),
    customers: CUSTOMERS,
  }
  await customers.ask('open', open)
  const all = started.move()
  return {
    name,
    database,
    shop,
    customers,
    orders: 0,
    total: 0,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function startOurs(_database: Database, dataFolder: string): Promise<Shop> {
  return startShop({ start: 'node', dataFolder, core: SERVER_CORE })
}

async function startByHand(database: Database, dataFolder: string): Promise<Shop> {
  for (const name of [SHOP_DATABASE, PROVIDER_DATABASE, MAILBOX_DATABASE]) await database.create(name)
  const port = await freePorts(1)
  const api = `http://127.0.0.1:${port}/api/v1`
  const program = fileURLToPath(new URL('by-hand.ts', import.meta.url))
  const web = await startWebProcess({
    name: BY_HAND,
    // The same switches as the boutique's process.
    command: [process.execPath, '--conditions=archipel-source', '--max-semi-space-size=16', program],
    folder: dataFolder,
    env: {
      PORT: String(port),
      BENCH_DATA: dataFolder,
      BENCH_DATABASE_URL: database.url(SHOP_DATABASE),
      BENCH_PROVIDER_URL: database.url(PROVIDER_DATABASE),
      BENCH_MAILBOX_URL: database.url(MAILBOX_DATABASE),
    },
    url: `${api}/products?limit=1`,
    core: SERVER_CORE,
  })
  return { ...web, api }
}
