import { auditShop } from '../drill/audit.ts'
import type { Day } from '../drill/day.ts'
import { readDelivery } from '../drill/delivery.ts'
import type { Field } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import { untilQuiet } from '../drill/quiet.ts'
import { openShopDatabase } from '../drill/shop-database.ts'

/** Waits until the shop has come to rest, and compares all that it has with all that it promised. */
export async function lookAfterwards(field: Field, day: Day): Promise<Finding[]> {
  const database = await openShopDatabase(field.dataFolder)
  try {
    const unfinished = await untilQuiet(database, () =>
      readDelivery(field.operationsUrl, field.dataFolder, false),
    )
    const all: Finding[] = [
      {
        what: 'everything came to an end',
        checked: day.promises.orders.length,
        wrong: unfinished,
        sort: 'unbalanced',
      },
      ...(await auditShop(database, day, field)),
    ]
    return all.filter(({ checked, wrong }) => checked > 0 || wrong.length > 0)
  } finally {
    await database.end()
  }
}
