import { auditShop } from './audit.ts'
import { liveThrough, type DayPlan } from './day.ts'
import { readDelivery } from './delivery.ts'
import { onField, type Field } from './field.ts'
import { untilQuiet } from './quiet.ts'
import { report } from './report.ts'
import { openShopDatabase } from './shop-database.ts'

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
    return report(await auditShop(database, day, field), {
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
