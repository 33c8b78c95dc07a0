import type { Pool } from 'pg'
import { compareBooks } from './books.ts'
import { importsAgree } from './books/imports.ts'
import { mailAgrees } from './books/notifications.ts'
import { furtherPromisesAreKept } from './books/promises.ts'
import { liveThrough, type Day, type DayPlan } from './day.ts'
import { deliveryAddsUp, readDelivery } from './delivery.ts'
import { onField, type Field } from './field.ts'
import type { Finding } from './finding.ts'
import { readMailbox } from './mailbox-books.ts'
import { readProviderBooks } from './provider-books.ts'
import { untilQuiet } from './quiet.ts'
import { report } from './report.ts'
import { openMailboxDatabase, openShopDatabase } from './shop-database.ts'

export interface KillDrill extends DayPlan {
  readonly sabotage: string | undefined
}

/** Runs the drill in a folder of its own. @returns whether the books agree. @throws what kept it from coming so far. */
export async function runKillDrill(drill: KillDrill): Promise<boolean> {
  const { kills, orders, seed, trade, sabotage } = drill
  console.log(
    `kill drill: ${orders} orders, ${kills} kills, seed ${seed}${trade ? `, importing ${trade}` : ''}${sabotage ? `, planted bug: ${sabotage}` : ''}`,
  )
  return onField({ DRILL_SABOTAGE: sabotage ?? '' }, (field) => attackAndCompare(drill, field))
}

async function attackAndCompare(plan: DayPlan, field: Field): Promise<boolean> {
  const began = performance.now()
  const day = await liveThrough(plan, field)
  const over = performance.now()
  const database = await openShopDatabase(field.dataFolder)
  try {
    const unfinished = await untilQuiet(database, () =>
      readDelivery(field.operationsUrl, field.dataFolder, false),
    )
    const quiet = performance.now()
    const { promises, imported } = day
    const also = `cancellations ${promises.cancellations.length}   returns ${promises.returns.length}   dispatched ${promises.dispatched.length}   credit notes ${promises.creditNotes.length}   invoices imported ${imported.reduce((sum, { invoices }) => sum + invoices.length, 0)}`
    return report(await allBooks(database, day, field), {
      accepted: promises.orders.length,
      repeats: field.shop.repeats,
      placedMs: over - began,
      recoveryMs: quiet - over,
      unfinished,
      also,
    })
  } finally {
    await database.end()
  }
}

async function allBooks(database: Pool, { promises, imported }: Day, field: Field): Promise<Finding[]> {
  const { dataFolder, operationsUrl, providerUrl } = field
  const mailbox = await openMailboxDatabase(dataFolder)
  try {
    return [
      ...(await compareBooks(database, promises.orders, await readProviderBooks(providerUrl))),
      ...(await furtherPromisesAreKept(database, promises)),
      ...(await importsAgree(database, imported)),
      ...(await mailAgrees(database, await readMailbox(mailbox))),
      deliveryAddsUp(await readDelivery(operationsUrl, dataFolder, true)),
    ]
  } finally {
    await mailbox.end()
  }
}
