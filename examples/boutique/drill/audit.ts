import type { Pool } from 'pg'
import { compareBooks } from './books.ts'
import { importsAgree } from './books/imports.ts'
import { mailAgrees } from './books/notifications.ts'
import { furtherPromisesAreKept } from './books/promises.ts'
import type { Day } from './day.ts'
import { deliveryAddsUp, readDelivery } from './delivery.ts'
import type { Field } from './field.ts'
import type { Finding } from './finding.ts'
import { readMailbox } from './mailbox-books.ts'
import { readProviderBooks } from './provider-books.ts'
import { openMailboxDatabase } from './shop-database.ts'

/** Every book of the shop beside every other, and beside those of the card processor, the importer and the mailbox. */
export async function auditShop(
  database: Pool,
  { promises, imported }: Day,
  { dataFolder, operationsUrl, providerUrl }: Field,
): Promise<Finding[]> {
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
