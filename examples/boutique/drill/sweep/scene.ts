import type { Pool } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { DEMO_PRODUCTS } from '../../demo/products.ts'
import { compareBooks } from '../books.ts'
import { mailAgrees } from '../books/notifications.ts'
import { deliveryAddsUp, readDelivery } from '../delivery.ts'
import type { DrillProcess } from '../drill-process.ts'
import type { Field } from '../field.ts'
import type { Finding } from '../finding.ts'
import { readMailbox } from '../mailbox-books.ts'
import type { Accepted } from '../promises.ts'
import { readProviderBooks } from '../provider-books.ts'
import { untilQuiet } from '../quiet.ts'
import type { Act, Walk } from './acts.ts'
import { endOf, type End } from './ends.ts'
import { Answer, type Command, type Passing } from './passing.ts'
import type { OrderPath } from './paths.ts'
import type { People } from './people.ts'

/** Who can be ended in the middle of a path. */
export const VICTIMS = ['host', 'PostgreSQL', 'processor'] as const
export type Victim = (typeof VICTIMS)[number]

/** A shop with one customer, in which one path after another is walked and one process after another dies. */
export interface Scene {
  /** The host that was started last. */
  readonly host: DrillProcess
  /**
   * Starts the next host on the same data and waits until it serves.
   * @param diesAtFirst it dies at the n-th point that it passes.
   */
  restart(diesAtFirst?: number): Promise<void>
  /** Ends somebody other than the host, which stands still, and lets it go on; waits until that one serves again. */
  kill(victim: Victim): Promise<void>
  tell(command: Command): Promise<Passing[]>
  /** @returns true once the host stands still at this moment; false when it is told something else before. */
  hold(at: Passing): Promise<boolean>
  /** Does what comes before a path, and waits until it has come to rest. */
  begin(path: OrderPath): Promise<Walk>
  act(path: OrderPath, walk: Walk): Promise<void>
  /** @returns what is still on its way in the end. */
  quiet(signal?: AbortSignal): Promise<string[]>
  /** How it stands, after some patience if that is none of the ends of its path. */
  endOf(path: OrderPath, walk: Walk): Promise<End>
  /** The books over everything so far; what is wrong now and wasn't before, after some patience, as sentences. */
  disagreements(): Promise<string[]>
  /** All books, and every letter in the mailbox. */
  audit(): Promise<Finding[]>
}

/** News between services may be a moment behind when all else is quiet. */
const PATIENCE_MS = 5_000

/** Variables of hosts that listen to the sweep. */
export const ARMED = { DRILL_CRASH_POINTS: 'when told' }

export interface Stage {
  readonly field: Field
  readonly database: Pool
  readonly mailbox: Pool
  readonly people: People
  readonly run: string
}

export function createScene({ field, database, mailbox, people, run }: Stage): Scene {
  const accepted: Accepted[] = []
  const known = new Set<string>()
  let walks = 0

  const delivery = (recount: boolean) => readDelivery(field.operationsUrl, field.dataFolder, recount)
  const ask = async (command: Command) => Answer.parse(await field.victims.host.ask(command))
  const quiet = (signal?: AbortSignal) => untilQuiet(database, () => delivery(false), signal)

  async function books(): Promise<Finding[]> {
    const tables = await compareBooks(database, accepted, await readProviderBooks(field.providerUrl))
    return [...tables, deliveryAddsUp(await delivery(true))]
  }

  function newWalk(): Walk {
    const name = `${run}-${++walks}`
    let sent = 0
    return {
      name,
      customerId: people.customerId,
      sku: DEMO_PRODUCTS[walks % DEMO_PRODUCTS.length]?.[0] ?? '',
      orderId: undefined,
      returnId: undefined,
      creditNotes: [],
      async send(who, path, body, statuses) {
        const options = { key: `${name}-${++sent}`, token: people.tokenOf(who) }
        const answer = await field.shop.send(path, body, options)
        if (!statuses.includes(answer.status))
          throw new Error(`POST ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
        return answer
      },
      get: (who, path) => field.shop.get(path, people.tokenOf(who)),
    }
  }

  async function take(act: Act, walk: Walk): Promise<void> {
    const before = walk.orderId
    await act(walk)
    if (walk.orderId !== undefined && walk.orderId !== before)
      accepted.push({ id: walk.orderId, key: walk.name })
  }

  return {
    get host() {
      return field.victims.host
    },
    restart: (diesAtFirst) =>
      field.victims.start(diesAtFirst === undefined ? {} : { DRILL_CRASH_POINTS: String(diesAtFirst) }),
    async kill(victim) {
      const back = victim === 'processor' ? field.victims.killProcessor() : field.victims.killDatabase()
      if (victim === 'PostgreSQL') await back
      await ask({ is: 'go' })
      await back
    },
    tell: async (command) => (await ask(command)).passed,
    hold: async (at) => (await ask({ is: 'hold', at })).holds,
    async begin(path) {
      await people.signIn()
      const walk = newWalk()
      for (const act of path.before) {
        await take(act, walk)
        await quiet()
      }
      return walk
    },
    async act(path, walk) {
      for (const act of path.acts) await take(act, walk)
    },
    quiet,
    async endOf({ ends }, walk) {
      for (const giveUpAt = performance.now() + PATIENCE_MS; ; await sleep(100)) {
        const end = await endOf(database, walk)
        if (ends.some((one) => isDeepStrictEqual(one, end)) || performance.now() > giveUpAt) return end
      }
    },
    async disagreements() {
      for (const giveUpAt = performance.now() + PATIENCE_MS; ; await sleep(100)) {
        const wrong = await books().then(sentencesOf, (failure: unknown) => [
          `the books can't be read: ${String(failure)}`,
        ])
        const fresh = wrong.filter((sentence) => !known.has(sentence))
        if (fresh.length > 0 && performance.now() < giveUpAt) continue
        for (const sentence of fresh) known.add(sentence)
        return fresh
      }
    },
    audit: async () => [...(await books()), ...(await mailAgrees(database, await readMailbox(mailbox)))],
  }
}

function sentencesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ what, wrong }) => wrong.map((sentence) => `${what}: ${sentence}`))
}
