import { contract, service, sql } from 'archipel'
import { z } from 'zod'
import { orders } from '../../../orders/contract.ts'

const mailroom = contract('mailroom', { version: '1.0.0', operations: {}, events: {} })
const Printer = z.object({ hasPaper: z.boolean() })

/** Thanks for each completed order with a letter, as long as its printer has paper: a subscriber that shows can break and mend. */
export const mailroomService = service(mailroom, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
}).on(
  orders.events.orderCompleted,
  { name: 'thank', from: 'start', retry: { attempts: 3, first: '50ms' } },
  async ({ id, data }, { db, now }) => {
    await db.run(
      sql`insert into letters (event_id, order_id, written_at) values (${id}, ${data.orderId}, ${now()})`,
    )
    const printer = await db.one(Printer, sql`select has_paper as "hasPaper" from printer`)
    if (!printer.hasPaper) throw new Error('the printer has no paper')
  },
)
