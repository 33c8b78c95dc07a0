import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetch } from 'undici'
import { z } from 'zod'
import type { Finding } from './books.ts'

const Counters = z.object({
  items: z.array(
    z.object({
      service: z.string(),
      subscription: z.string(),
      written: z.int(),
      handled: z.int(),
      inFlight: z.int(),
      parked: z.int(),
      discarded: z.int(),
      drift: z.int(),
    }),
  ),
})

/** The counters of every subscription as an operator reads them: nothing in flight, nothing parked, no drift. */
export async function readDelivery(operationsUrl: string, dataFolder: string): Promise<Finding> {
  const token = (await readFile(join(dataFolder, 'operations-token'), 'utf8')).trim()
  const response = await fetch(`${operationsUrl}/delivery?recount=true`, { headers: { authorization: `Bearer ${token}` } })
  const { items } = Counters.parse(await response.json())
  const wrong = items
    .filter(({ written, handled, inFlight, parked, discarded, drift }) => inFlight + parked + discarded + Math.abs(drift) > 0 || written !== handled)
    .map((counters) => JSON.stringify(counters))
  return { what: 'written = handled, for every subscription', checked: items.length, wrong, sort: 'unbalanced' }
}
