import { Agent, fetch, request } from 'undici'
import { createDice } from '../drill/random.ts'
import { Document, targetsOf } from './document.ts'
import { createJudge, nameOf, type FuzzAnswer } from './judge.ts'
import { createMemory } from './memory.ts'
import { createRequests, type FuzzRequest, type Tokens } from './requests.ts'
import { createValues } from './values.ts'

export interface FuzzOptions {
  /** Where the shop is, without a path. */
  readonly origin: string
  /** Most requests come from a role that may, some from any other, some without. */
  readonly tokens: Tokens
  readonly requests: number
  readonly seed: number
}

export interface FuzzResult {
  /** What is wrong, with the request that showed it. */
  readonly findings: readonly string[]
  /** How often each operation gave which status. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<number, number>>
}

const AT_ONCE = 8
const LONGEST_BODY = 100_000
const ANSWER_WITHIN_MS = 30_000

/**
 * Asks every operation of the shop's OpenAPI document again and again, with what fits its schemas and with what
 * nearly does, as everybody who has a token and without one; identifiers that answers contained come back in later
 * requests. Any answer of 5xx, of a status that isn't documented, or with a body that breaks its schema is a
 * finding, and so is a success for a body that breaks the schema of requests.
 */
export async function runFuzz({ origin, tokens, requests, seed }: FuzzOptions): Promise<FuzzResult> {
  const agent = new Agent({ connections: AT_ONCE })
  const document = Document.parse(await (await fetch(`${origin}/openapi.json`)).json())
  const base = origin + (document.servers[0]?.url ?? '')
  const targets = targetsOf(document)
  const dice = createDice(seed)
  const memory = createMemory(dice)
  const next = createRequests(createValues(document, dice), memory, dice, tokens)
  const judge = createJudge(document)
  const findings: string[] = []
  const statuses = new Map<string, Map<number, number>>()
  let sent = 0

  async function one(target: FuzzRequest['target']): Promise<void> {
    const asked = next(target)
    const answer = await send(agent, base, asked)
    const counts = statuses.get(nameOf(target)) ?? new Map<number, number>()
    statuses.set(nameOf(target), counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1))
    if (answer.status < 300) memory.note(target.tags?.[0] ?? '', answer.json)
    const wrong = judge.verdict(asked, answer)
    if (wrong !== undefined) findings.push(describe(asked, answer, wrong))
  }

  async function ask(): Promise<void> {
    while (sent < requests) {
      const target = targets[sent++ % targets.length]
      if (target !== undefined) await one(target)
    }
  }

  try {
    await Promise.all(Array.from({ length: AT_ONCE }, ask))
  } finally {
    await agent.destroy()
  }
  return { findings, statuses }
}

async function send(
  agent: Agent,
  base: string,
  { target, path, headers, body }: FuzzRequest,
): Promise<FuzzAnswer> {
  const response = await request(base + path, {
    dispatcher: agent,
    method: target.method,
    headers,
    body: body ?? null,
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
  })
  const type = String(response.headers['content-type'] ?? '').split(';')[0] ?? ''
  if (type === 'text/event-stream' || Number(response.headers['content-length'] ?? 0) > LONGEST_BODY) {
    // What has no end, or a long one, is left.
    response.body.on('error', () => undefined).destroy()
    return { status: response.statusCode, type, json: undefined, text: '' }
  }
  const text = await response.body.text()
  return { status: response.statusCode, type, json: jsonOf(type, text), text }
}

function jsonOf(type: string, text: string): unknown {
  return /[/+]json$/.test(type) ? JSON.parse(text) : undefined
}

function describe({ target, path, headers, body }: FuzzRequest, answer: FuzzAnswer, wrong: string): string {
  const { authorization: _, ...rest } = headers
  const sent = typeof body === 'string' ? body : body && `${body.length} bytes`
  return `${nameOf(target)} ${wrong}\n    ${target.method} ${path} ${JSON.stringify(rest)} ${String(sent).slice(0, 600)}\n    ${answer.status} ${answer.text.slice(0, 600)}`
}
