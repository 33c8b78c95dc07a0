import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Booked } from '../reading/invoices.ts'
import { PATHS } from './bookings.ts'
import type { Sending } from './sending.ts'

const Summary = z.object({ statuses: z.array(z.object({ status: z.string() }).loose()) })
const Counted = z.union([
  z.object({ orders: z.int() }).transform(({ orders }) => orders),
  z.object({ creditNotes: z.int() }).transform(({ creditNotes }) => creditNotes),
])

/** Something is still to happen to these by itself. */
const OPEN: Record<Booked['kind'], readonly string[]> = {
  order: ['placed', 'reserved', 'authorised', 'paid'],
  creditNote: ['issued'],
}
const LOOK_EVERY_MS = 500
/** When nothing ends for so long, something needs an operator; that is no reason to wait for ever. */
const NOTHING_ENDS_MS = 120_000

/** Waits until the last order and credit note has ended. @returns how many are still open, when nothing ended for too long. */
export async function waitForEnds(sending: Sending): Promise<number> {
  const { progress } = sending
  const first = await stillOpen(sending)
  let open = first
  let changedAt = performance.now()
  progress.begin('orders and credit notes to end', first)
  while (open > 0 && performance.now() - changedAt < NOTHING_ENDS_MS) {
    await sleep(LOOK_EVERY_MS)
    const now = await stillOpen(sending)
    if (now !== open) changedAt = performance.now()
    open = now
    progress.at(first - open)
  }
  progress.end()
  return open
}

async function stillOpen({ client }: Sending): Promise<number> {
  const counts = await Promise.all(
    (['order', 'creditNote'] as const).map(async (kind) => {
      const { statuses } = Summary.parse(await client.get(`${PATHS[kind]}/summary`))
      const open = statuses.filter(({ status }) => OPEN[kind].includes(status))
      return open.reduce((sum, one) => sum + Counted.parse(one), 0)
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
