import { setTimeout as sleep } from 'node:timers/promises'
import { fetch, getGlobalDispatcher } from 'undici'
import { z } from 'zod'
import { accepted } from '../drill/answers.ts'
import { signUpCustomers } from '../drill/customers.ts'
import type { Finding } from '../drill/finding.ts'
import { signInAs } from '../drill/staff.ts'
import type { Attack } from './attack.ts'
import { crowdTricks } from './stop-the-shop-many.ts'
import { singleTricks } from './stop-the-shop-single.ts'
import {
  held,
  hostProcess,
  startBystanders,
  type Bystanders,
  type Held,
  type Seen,
} from './stop-the-shop-watch.ts'
import { untilTrue } from './until-true.ts'

const LONGEST_P99_MS = 2_000
const LONGEST_BLOCK_MS = 1_000
/** As slow as this beside how it was before is slow on any machine. */
const MOST_TIMES_SLOWER = 4
const ENOUGH = 100
const MOST_MEMORY_BYTES = 1_024 * 1_048_576
/** Of what a crowd is at full size, at least so many come. */
const FEWEST = 100
/** Connections of the bystanders and of the pools, that come and go. */
const FILES_TO_SPARE = 40
const Products = z.object({ items: z.array(z.object({ sku: z.string() })).min(1) })

/** One request at a time that costs the shop as much as it can, then many. */
export const stopTheShop: Attack = {
  goal: 'stop the shop with one request',
  how: 'with bodies, headers, texts and bytes that are dear to read, one at a time; then with slow, silent and greedy connections, sign-ins, watchers, uploads, tokens and orders by the hundred',
  control: 'searches-by-backtracking',
  async run({ field, run, scale }) {
    const { shop, origin, dataFolder } = field
    const early = await comeTooEarly(origin)
    const [token = '', otherToken = ''] = await signUpCustomers(shop, run, 2)
    early.wrong.push(...(await isKnown(origin, token)))
    const { items } = accepted(await shop.get('/products?limit=1'), 'products', Products)
    const sku = items[0]?.sku ?? ''
    const merchandiser = await signInAs(shop, dataFolder, 'merchandiser')
    const pid = await hostProcess(dataFolder)
    await using bystanders = startBystanders(origin, otherToken, sku)
    const usual = await usualDay(bystanders)
    print('nothing', usual)
    const before = await held(pid)
    const many = (count: number) => Math.max(Math.min(count, FEWEST), Math.ceil(count * scale))
    const watch = { bystanders, pid, usual }
    const crowd = { origin, shop, run, token, otherToken, merchandiser, sku, many }
    return [
      early,
      await playAll('one request stops nobody', watch, singleTricks(origin, token, sku), LONGEST_BLOCK_MS),
      await playAll('a crowd stops nobody', watch, crowdTricks(crowd), LONGEST_P99_MS),
      await leftNothing(pid, before),
    ]
  },
}

/** What they see while nobody attacks. */
async function usualDay(bystanders: Bystanders): Promise<Seen> {
  for (let waitMs = 1_000; ; waitMs *= 2) {
    await sleep(waitMs)
    const seen = await bystanders.report()
    if (seen.requests >= ENOUGH) return seen
  }
}

/** A token of a key that nobody knows, before the shop has signed any: it must not keep the first customer out. */
async function comeTooEarly(origin: string): Promise<Finding & { wrong: string[] }> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'EdDSA', kid: 'nobody' })}.${part({})}.${'A'.repeat(86)}`
  const { status } = await fetch(`${origin}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const wrong = status < 400 ? [`a token of nobody is answered ${status}`] : []
  return { what: 'who comes too early keeps nobody out', checked: 2, wrong, sort: 'unbalanced' }
}

/** Told to come again, a customer comes again; told that the token is not good, nobody does. */
async function isKnown(origin: string, token: string): Promise<string[]> {
  const status = await untilTrue(async () => {
    const answer = await fetch(`${origin}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } })
    await answer.arrayBuffer()
    return answer.status === 503 ? undefined : answer.status
  })
  return status === 200 ? [] : [`the first customer is told ${status}`]
}

interface Watch {
  readonly bystanders: Bystanders
  readonly pid: number
  /** Before anything was tried: a machine that is busy with other things is no success of the attacker. */
  readonly usual: Seen
}

interface Limits {
  readonly p99: number
  readonly blocked: number
}

/** Plays one after the other, and looks after each what the bystanders saw. */
async function playAll(
  what: string,
  { bystanders, pid, usual }: Watch,
  tricks: readonly { readonly what: string; play(): Promise<unknown> }[],
  longestBlockMs: number,
): Promise<Finding> {
  const limits = {
    p99: Math.max(LONGEST_P99_MS, usual.p99 * MOST_TIMES_SLOWER),
    blocked: Math.max(longestBlockMs, usual.blocked * MOST_TIMES_SLOWER),
  }
  const wrong: string[] = []
  const [worst, most]: [Seen[], Held[]] = [[], []]
  for (const trick of tricks) {
    let tried = await play(trick, bystanders)
    // What else the machine does may hold everybody up once, at the same trick hardly twice.
    if (isWorse(tried.seen, limits)) tried = await play(trick, bystanders)
    const { seen, said } = tried
    const now = await held(pid)
    worst.push(seen)
    most.push(now)
    if (seen.blocked > 250 || tricks.length < 20) print(trick.what, seen, now)
    wrong.push(...said.map((sentence) => `${trick.what}: ${sentence}`))
    if (isWorse(seen, limits))
      wrong.push(
        `${trick.what}: nobody was answered for ${seen.blocked.toFixed()} ms, p99 ${seen.p99.toFixed()} ms, ${seen.failed} of ${seen.requests} failed`,
      )
    if (now.memoryBytes > MOST_MEMORY_BYTES) wrong.push(`${trick.what}: the host holds ${mebibytes(now)} MiB`)
  }
  const blocked = Math.max(...worst.map((seen) => seen.blocked))
  console.log(
    `  ${what}: at worst nobody was answered for ${blocked.toFixed()} ms, p99 ${Math.max(...worst.map(({ p99 }) => p99)).toFixed()} ms, ${Math.max(...most.map(mebibytes))} MiB`,
  )
  return { what, checked: tricks.length, wrong, sort: 'unbalanced' }
}

async function play(trick: { play(): Promise<unknown> }, bystanders: Bystanders) {
  const said = await trick
    .play()
    .catch((failure: unknown) => (String(failure).includes('fetch failed') ? [] : [String(failure)]))
  // So that what is held up now is seen now.
  await sleep(60)
  return { seen: await bystanders.report(), said: Array.isArray(said) ? said.map(String) : [] }
}

function isWorse({ requests, p99, blocked, failed }: Seen, limits: Limits): boolean {
  // Of a few requests the slowest says nothing but that the machine was busy.
  return blocked > limits.blocked || (requests >= ENOUGH && p99 > limits.p99) || failed > 0
}

const mebibytes = ({ memoryBytes }: Held) => Math.round(memoryBytes / 1_048_576)

function print(what: string, { requests, p99, blocked, failed }: Seen, now?: Held): void {
  const holds = now ? `, ${mebibytes(now)} MiB, ${now.files} files` : ''
  console.log(
    `  ${what}: ${requests} requests of others, p99 ${p99.toFixed()} ms, longest silence ${blocked.toFixed()} ms, ${failed} failed${holds}`,
  )
}

async function leftNothing(pid: number, before: Held): Promise<Finding> {
  // Nor does the attacker keep any.
  await getGlobalDispatcher().close()
  const after = await untilTrue(async () => {
    const now = await held(pid)
    return now.files <= before.files + FILES_TO_SPARE ? now : undefined
  })
  const wrong = after ? [] : [`before: ${before.files} files and connections, now ${(await held(pid)).files}`]
  return { what: 'connections and files are as before', checked: 1, wrong, sort: 'unbalanced' }
}
