import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { ask } from './by-hand-database.ts'

const PAGE = 100
/** Events gather for so long behind the page before. */
const PAGE_EVERY_MS = 20
/** Who was not woken looks by itself. */
const IDLE_MS = 250

/** Handles each event of its types once, a page at a time, by one statement with inbox marks and progress. */
export interface Subscription {
  readonly pool: Pool
  readonly name: string
  readonly types: readonly string[]
  /** What it does with `page` (position, key, event): parts of a `with`. */
  readonly effect: string
  /** An expression that publishes. */
  readonly publishes?: string
  /** Told after a page. */
  readonly handled?: () => void
}

export interface Bus {
  /** An event of this type was committed. */
  published(type: string): void
  stop(): Promise<void>
}

/** @param pool of any service: what it reads is the state of the log, no event. */
export async function startBus(pool: Pool, subscriptions: readonly Subscription[]): Promise<Bus> {
  const subscribers = await Promise.all(subscriptions.map(own))
  const due = new Set<Subscriber>()
  let wake = Promise.withResolvers<void>()
  let stopped = false

  async function run(): Promise<void> {
    while (!stopped) {
      const idle = new AbortController()
      await Promise.race([wake.promise, sleep(IDLE_MS, undefined, { signal: idle.signal })]).finally(() =>
        idle.abort(),
      )
      const startedAt = performance.now()
      const turn = due.size > 0 ? [...due] : subscribers
      due.clear()
      wake = Promise.withResolvers()
      try {
        const mark = await settledMark(pool)
        await Promise.all(turn.map((subscriber) => catchUp(subscriber, mark)))
      } catch (failure) {
        // Nothing of a page that failed stays: it comes again as a whole.
        console.error(failure)
        await sleep(IDLE_MS)
      }
      await sleep(Math.max(0, PAGE_EVERY_MS - (performance.now() - startedAt)))
    }
  }

  const running = run()
  return {
    published(type) {
      for (const subscriber of subscribers)
        if (subscriber.subscription.types.includes(type)) due.add(subscriber)
      if (due.size > 0) wake.resolve()
    },
    async stop() {
      stopped = true
      wake.resolve()
      await running
    },
  }
}

interface Subscriber {
  readonly subscription: Subscription
  readonly fence: string
  readonly text: string
}

/** Who owns a subscription has its latest number: a page of a former owner finds no row. */
async function own(subscription: Subscription): Promise<Subscriber> {
  const { rows } = await subscription.pool.query<{ fence: string }>(
    `insert into subscriptions as s (name, position, fence) values ($1, 0, 1)
      on conflict (name) do update set fence = s.fence + 1 returning fence`,
    [subscription.name],
  )
  return { subscription, fence: rows[0]?.fence ?? '', text: pageOf(subscription) }
}

function pageOf({ effect, publishes = '0' }: Subscription): string {
  return `with owned as (select position from subscriptions where name = $1 and fence = $2),
    page as materialized (
      select l.position, l.type, l.event from owned o cross join lateral (
        select position, type, event from bus.log
          where position > o.position and position <= $3 and type = any($4) order by position limit ${PAGE}) l),
    marks as (insert into inbox (subscription, position) select $1, position from page),
    progress as (
      update subscriptions set position = p.last from (select max(position) as last from page) p
        where name = $1 and fence = $2 and p.last is not null),
    ${effect}
    select (select count(*) from owned)::int as owned, (select count(*) from page)::int as handled, ${publishes} as published`
}

async function catchUp({ subscription, fence, text }: Subscriber, mark: string): Promise<void> {
  const { pool, name, types, handled } = subscription
  for (let size = PAGE; size === PAGE;) {
    const values = [name, fence, mark, types]
    const rows = await ask<{ owned: number; handled: number }>(pool, name, text, values)
    if (rows[0]?.owned !== 1) throw new Error(`another process owns '${name}'`)
    size = rows[0].handled
    if (size > 0) handled?.()
  }
}

/** The last position drawn, once everybody who held the writers' lock after it was read has ended. */
async function settledMark(pool: Pool): Promise<string> {
  const first = await survey(pool)
  for (let open = first.holders; open.size > 0;) {
    await sleep(1)
    open = open.intersection((await survey(pool)).holders)
  }
  return first.last
}

async function survey(pool: Pool): Promise<{ last: string; holders: Set<string> }> {
  const text = 'select last, holders from bus.survey()'
  const [found] = await ask<{ last: string; holders: string[] }>(pool, 'survey', text, [])
  if (!found) throw new Error('the log was not surveyed')
  return { last: found.last, holders: new Set(found.holders) }
}
