import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { liveThrough } from '../../examples/boutique/drill/day.ts'
import { createShopClient } from '../../examples/boutique/drill/shop-client.ts'
import type { Victims } from '../../examples/boutique/drill/victims.ts'
import { OURSELVES } from './server-log.ts'

export interface Place {
  readonly api: string
  readonly dataFolder: string
  readonly databaseUrl: string
}

const PATIENCE_MS = 300_000
const LOOK_EVERY_MS = 250
/** Housekeeping of events comes every ten seconds; it shall be seen. */
const HOUSEKEEPING_MS = 11_000
const LONGEST_QUIET_MS = 60_000

/** A day of the drill without a death: orders, cancellations, returns, credit notes, shipments, stock, imports. */
export async function liveADay(place: Place, orders: number, seed: number): Promise<void> {
  const { origin } = new URL(place.api)
  const shop = createShopClient(place.api, PATIENCE_MS)
  try {
    const field = {
      victims: nobodyDies,
      shop,
      dataFolder: place.dataFolder,
      origin,
      operationsUrl: '',
      providerUrl: '',
    }
    await liveThrough({ kills: 0, orders, seed, trade: undefined }, field)
  } finally {
    await shop.close()
  }
  await untilQuiet(place.databaseUrl)
}

/** All sagas have ended, and what came of them was heard: or nearly, as a card that never answers takes its time. */
async function untilQuiet(databaseUrl: string): Promise<void> {
  const database = new Client({ connectionString: databaseUrl, application_name: OURSELVES })
  await database.connect()
  try {
    const services = await database.query<{ schema: string }>(
      `select schemaname as schema from pg_tables where tablename = 'archipel_sagas'`,
    )
    const counts = services.rows.map(
      ({ schema }) =>
        `select count(*) from ${schema}.archipel_sagas where status in ('running', 'compensating') union all
         select count(*) from ${schema}.archipel_activities where state <> 'unknown'`,
    )
    const until = performance.now() + LONGEST_QUIET_MS
    for (let open = 1; open > 0 && performance.now() < until; await sleep(LOOK_EVERY_MS)) {
      const { rows } = await database.query<{ open: string }>(
        `select sum(count)::text as open from (${counts.join(' union all ')}) as each`,
      )
      open = Number(rows[0]?.open)
    }
    await sleep(HOUSEKEEPING_MS)
  } finally {
    await database.end()
  }
}

async function nobody(): Promise<never> {
  throw new Error('nobody dies on this day')
}
const nobodyDies: Victims = {
  start: nobody,
  killHost: nobody,
  killDatabase: nobody,
  killProcessor: nobody,
  stop: nobody,
  log: () => '',
  get host(): never {
    throw new Error('nobody dies on this day')
  },
  get processor(): never {
    throw new Error('nobody dies on this day')
  },
}

export function operationsOf({ api, dataFolder }: Place): { url: string; tokenFile: string } {
  const door = new URL(api)
  return {
    url: `http://127.0.0.1:${Number(door.port) + 1}`,
    tokenFile: join(dataFolder, 'operations-token'),
  }
}
