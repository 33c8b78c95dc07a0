// The client, in a process and on a core of its own, so that it isn't what is measured.
import { Pool } from 'undici'
import { answerRunner } from '../harness/answer-runner.ts'
import { quantile } from '../harness/rounds.ts'

export interface LoadRequest {
  readonly url: string
  readonly commands: number
  readonly concurrency: number
  /** Part of every key, so that none comes twice by accident. */
  readonly run: string
}

export interface LoadResult {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly answeredAt: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const ACCOUNTS = 500
/** Commands that are sent again at the end, outside the measured time. */
const REPEATS = 16

/** What the amounts of one load add up to. */
export function amountOf(commands: number): number {
  return (commands * (commands + 1)) / 2
}

async function load({ url, commands, concurrency, run }: LoadRequest): Promise<LoadResult> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 })
  const firstAnswers: string[] = []
  const latencies: number[] = []
  let next = 0

  async function add(index: number): Promise<string> {
    const response = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/json', 'idempotency-key': `${run}-${index}-0123456789abcdef` },
      body: JSON.stringify({
        account: `account-${index % ACCOUNTS}`,
        amount: index + 1,
        note: 'A note of usual length, for example.',
      }),
    })
    const text = await response.body.text()
    if (response.statusCode !== 201) throw new Error(`answered ${response.statusCode}: ${text}`)
    return text
  }

  async function oneByOne(): Promise<void> {
    while (next < commands) {
      const index = next++
      const sentAt = performance.now()
      const answer = await add(index)
      latencies.push(performance.now() - sentAt)
      if (index < REPEATS) firstAnswers[index] = answer
    }
  }

  try {
    const startedAt = Date.now()
    await Promise.all(Array.from({ length: concurrency }, oneByOne))
    const answeredAt = Date.now()
    for (const [index, answer] of firstAnswers.entries()) {
      if (!sameJson(await add(index), answer))
        throw new Error('a repeat under the same key was answered differently')
    }
    return { startedAt, answeredAt, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) }
  } finally {
    await pool.close()
  }
}

/** A stored answer may come back with its fields in another order. */
function sameJson(one: string, other: string): boolean {
  return sorted(one) === sorted(other)
}

function sorted(text: string): string {
  return JSON.stringify(Object.entries(JSON.parse(text) as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

if (process.send) answerRunner({ load })
