import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { createDice } from './random.ts'
import { createShopClient, type ShopClient } from './shop-client.ts'
import { serverProcess } from './shop-database.ts'
import { createVictims, type Victims } from './victims.ts'

/** Where a drill takes place: a shop with a data folder of its own, and the way in for its customers. */
export interface Field {
  readonly victims: Victims
  readonly shop: ShopClient
  readonly dataFolder: string
  /** The public port, without a path. */
  readonly origin: string
  /** Where operators ask. */
  readonly operationsUrl: string
  readonly providerUrl: string
}

/** Public door, operations, card processor, mail server. */
const PORTS = 4
/** How long a customer asks for an answer before the order counts as refused by silence. */
const PATIENCE_MS = 180_000

/**
 * Starts a shop, lets `drill` have it, and leaves nothing behind.
 * @param variables of the environment of each host.
 * @param folder where its data folder is made; the folder for temporary files unless it is given.
 */
export async function onField<TResult>(
  variables: Readonly<Record<string, string>>,
  drill: (field: Field) => Promise<TResult>,
  folder: string = tmpdir(),
): Promise<TResult> {
  const dataFolder = await mkdtemp(join(folder, 'archipel-drill-'))
  // PostgreSQL runs as another user where we are root.
  await chmod(dataFolder, 0o755)
  const port = await freePorts(createDice(process.pid), PORTS)
  const victims = createVictims({
    port,
    databaseProcess: () => serverProcess(dataFolder),
    dataFolder,
    variables,
  })
  const shop = createShopClient(`http://127.0.0.1:${port}/api/v1`, PATIENCE_MS)
  try {
    await victims.start()
    return await drill({
      victims,
      shop,
      dataFolder,
      origin: `http://127.0.0.1:${port}`,
      operationsUrl: `http://127.0.0.1:${port + 1}`,
      providerUrl: `http://127.0.0.1:${port + 2}`,
    })
  } catch (failure) {
    console.error(`The host's last words:\n${victims.log()}\n`)
    throw failure
  } finally {
    await victims.stop()
    await shop.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
}
