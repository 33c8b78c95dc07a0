import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetch } from 'undici'
import { z } from 'zod'
import type { Finding } from './finding.ts'

const DeliveryCounters = z.object({
  service: z.string(),
  subscription: z.string(),
  written: z.int(),
  handled: z.int(),
  inFlight: z.int(),
  parked: z.int(),
  discarded: z.int(),
  drift: z.int(),
  /** Up to here the counters know the log. */
  mark: z.int(),
})
export type DeliveryCounters = z.infer<typeof DeliveryCounters>

/** The counters of every subscription, as an operator reads them. */
export async function readDelivery(
  operationsUrl: string,
  dataFolder: string,
  recount: boolean,
): Promise<DeliveryCounters[]> {
  const token = (await readFile(join(dataFolder, 'operations-token'), 'utf8')).trim()
  const response = await fetch(`${operationsUrl}/delivery?recount=${recount}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return z.object({ items: z.array(DeliveryCounters) }).parse(await response.json()).items
}

/** Nothing in flight, nothing parked, no drift. */
export function deliveryAddsUp(counters: readonly DeliveryCounters[]): Finding {
  const wrong = counters
    .filter(({ written, handled, drift }) => written !== handled || drift !== 0)
    .map((line) => JSON.stringify(line))
  return {
    what: 'written = handled, for every subscription',
    checked: counters.length,
    wrong,
    sort: 'unbalanced',
  }
}
