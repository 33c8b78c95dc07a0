import type { Pool } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../../demo/products.ts'
import { compareBooks } from '../books.ts'
import type { Finding } from '../finding.ts'
import type { AcceptedOrder } from '../customers.ts'
import { deliveryAddsUp, readDelivery } from '../delivery.ts'
import type { Field } from '../field.ts'
import type { DrillProcess } from '../drill-process.ts'
import { readProviderBooks } from '../provider-books.ts'
import { untilQuiet } from '../quiet.ts'
import { Answer, type Command, type Passing } from './passing.ts'
import type { OrderPath } from './paths.ts'

/** A shop with one customer, in which one order after another is placed and one host after another dies. */
export interface Scene {
  /** The host that was started last. */
  readonly host: DrillProcess
  /**
   * Starts the next host on the same data and waits until it serves.
   * @param diesAtFirst it dies at the n-th point that it passes.
   */
  restart(diesAtFirst?: number): Promise<void>
  tell(command: Command): Promise<Passing[]>
  /** Places an order, asking until there is an answer. @returns its id. */
  place(path: OrderPath): Promise<string>
  /** @returns what is still on its way in the end. */
  quiet(signal?: AbortSignal): Promise<string[]>
  endOf(order: string): Promise<OrderPath['end'] | undefined>
  /** All books over everything so far; what is wrong now and wasn't before, after some patience, as sentences. */
  disagreements(): Promise<string[]>
  audit(): Promise<Finding[]>
}

const Placed = z.object({ id: z.string() })
const End = z.object({ status: z.enum(['completed', 'rejected']), rejection: z.string().nullable() })
/** News between services may be a moment behind when all else is quiet. */
const PATIENCE_MS = 5_000

/** Variables of hosts that listen to the sweep. */
export const ARMED = { DRILL_CRASH_POINTS: 'when told' }

export function createScene(field: Field, database: Pool, token: string, run: string): Scene {
  const accepted: AcceptedOrder[] = []
  const known = new Set<string>()
  let orders = 0

  const delivery = (recount: boolean) => readDelivery(field.operationsUrl, field.dataFolder, recount)

  async function audit(): Promise<Finding[]> {
    const books = await compareBooks(database, accepted, await readProviderBooks(field.providerUrl))
    return [...books, deliveryAddsUp(await delivery(true))]
  }

  return {
    get host() {
      return field.victims.host
    },
    restart: (diesAtFirst) =>
      field.victims.start(diesAtFirst === undefined ? {} : { DRILL_CRASH_POINTS: String(diesAtFirst) }),
    tell: async (command) => Answer.parse(await field.victims.host.ask(command)).passed,
    async place({ token: card, quantity }) {
      const key = `${run}-${++orders}`
      const sku = DEMO_PRODUCTS[orders % DEMO_PRODUCTS.length]?.[0]
      const order = { lines: [{ sku, quantity }], payment: { token: card } }
      const { status, body } = await field.shop.send('/orders', order, { key, token })
      if (status !== 202) throw new Error(`an order was answered ${status}: ${JSON.stringify(body)}`)
      const { id } = Placed.parse(body)
      accepted.push({ id, key })
      return id
    },
    quiet: (signal) => untilQuiet(database, () => delivery(false), signal),
    async endOf(order) {
      const text = `select status, rejection ->> 'code' as rejection from orders.orders where id = $1`
      return End.safeParse((await database.query(text, [order])).rows[0]).data
    },
    async disagreements() {
      for (const giveUpAt = performance.now() + PATIENCE_MS; ; await sleep(100)) {
        const wrong = await audit().then(sentencesOf, (failure: unknown) => [
          `the books can't be read: ${String(failure)}`,
        ])
        const fresh = wrong.filter((sentence) => !known.has(sentence))
        if (fresh.length > 0 && performance.now() < giveUpAt) continue
        for (const sentence of fresh) known.add(sentence)
        return fresh
      }
    },
    audit,
  }
}

function sentencesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ what, wrong }) => wrong.map((sentence) => `${what}: ${sentence}`))
}
