import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { compareBooks, type Finding } from './books.ts'
import { freePorts } from './free-ports.ts'
import { openShopDatabase } from './shop-database.ts'
import { placeOrders, signUpCustomers, type AcceptedOrder } from './customers.ts'
import { readProviderBooks } from './provider-books.ts'
import { untilQuiet } from './quiet.ts'
import { createDice, type Dice } from './random.ts'
import { createShopClient, type ShopClient } from './shop-client.ts'
import { createVictims, type Victims } from './victims.ts'

export interface KillDrill {
  readonly kills: number
  readonly orders: number
  readonly seed: number
  readonly sabotage: string | undefined
}

const CUSTOMERS = 8
const AT_ONCE = 24
const PATIENCE_MS = 120_000

/** Runs the drill in a folder of its own. @returns the exit code: 0 if the books agree. */
export async function runKillDrill(drill: KillDrill): Promise<number> {
  console.log(`kill drill: ${drill.orders} orders, ${drill.kills} kills, seed ${drill.seed}${drill.sabotage ? `, planted bug: ${drill.sabotage}` : ''}`)
  const data = await mkdtemp(join(tmpdir(), 'archipel-drill-'))
  const [port] = await freePorts(3)
  const victims = createVictims(port, {
    ARCHIPEL_DATA: data,
    DRILL_SABOTAGE: drill.sabotage ?? '',
  })
  const shop = createShopClient(`http://127.0.0.1:${port}/api/v1`, PATIENCE_MS)
  try {
    await victims.start()
    return await attackAndCompare(drill, { victims, shop, data, port })
  } catch (failure) {
    console.error(failure)
    console.error(`\nThe host's last words:\n${victims.log()}`)
    return 1
  } finally {
    await victims.stop()
    await shop.close()
    await rm(data, { recursive: true, force: true })
  }
}

interface Field {
  readonly victims: Victims
  readonly shop: ShopClient
  readonly data: string
  readonly port: number
}

async function attackAndCompare(drill: KillDrill, field: Field): Promise<number> {
  const began = performance.now()
  const accepted = await ordersUnderKills(drill, field)
  const attacked = performance.now()
  const database = await openShopDatabase(field.data)
  try {
    await untilQuiet(database)
    const quiet = performance.now()
    const findings = await compareBooks(database, accepted, await readProviderBooks(`http://127.0.0.1:${field.port + 2}`))
    report(findings, { accepted: accepted.length, repeats: field.shop.repeats, placedMs: attacked - began, recoveryMs: quiet - attacked })
    return findings.every((finding) => finding.wrong.length === 0) ? 0 : 1
  } finally {
    await database.end()
  }
}
