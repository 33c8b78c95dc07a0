import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts, startWebProcess, type WebProcess } from './web-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const MOST_STARTS = 5

/** The ways in which the boutique is started: its process alone, through the bootstrap, through npm. */
export type ShopStart = 'node' | 'bootstrap' | 'npm'

export interface ShopOptions {
  readonly start: ShopStart
  readonly dataFolder: string
  readonly env?: Readonly<Record<string, string>>
  readonly core?: number
}

export interface Shop extends WebProcess {
  /** Where its public API answers. */
  readonly api: string
}

/** The whole boutique with its PostgreSQL and the card processor, as a user runs it. */
export async function startShop({ start, dataFolder, env, core }: ShopOptions): Promise<Shop> {
  // Public, operations, card processor, mailbox.
  const port = await freePorts(4)
  const api = `http://127.0.0.1:${port}/api/v1`
  const shop = await startWebProcess({
    name: `the boutique (${start})`,
    command: commandOf(start),
    folder: root,
    env: { ARCHIPEL_DATA: relative(root, dataFolder), PORT: String(port), ...env },
    url: `${api}/products?limit=1`,
    ...(core !== undefined && { core }),
  })
  return { ...shop, api }
}

/** For what is no measure of time: filling an empty shop may take more than one start where the machine is busy. */
export async function startShopPatiently(options: ShopOptions): Promise<Shop> {
  for (let tries = 1; ; tries++) {
    try {
      return await startShop(options)
    } catch (failure) {
      if (tries === MOST_STARTS) throw failure
    }
  }
}

function commandOf(start: ShopStart): string[] {
  // As `npm start` has it.
  const main = ['--max-semi-space-size=16', 'examples/boutique/main.ts']
  if (start === 'node') return [process.execPath, '--conditions=archipel-source', ...main]
  if (start === 'bootstrap') return [process.execPath, 'tools/bootstrap.mjs', ...main]
  return ['npm', 'start']
}
