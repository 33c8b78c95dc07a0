import { randomUUID } from 'node:crypto'
import { fetch } from 'undici'
import { z } from 'zod'
import type { Finding } from '../drill/finding.ts'
import { Document, targetsOf, type Target } from '../fuzz/document.ts'

/** What climbs to a prototype, or adds what nobody asked for. */
const CLIMBS = [
  '"__proto__":{"roles":["operator"]}',
  '"\\u005f_proto__":{"roles":["operator"]}',
  '"constructor":{"prototype":{"roles":["operator"]}}',
  '"roles":["operator"]',
  '"role":"operator"',
  '"isAdmin":true',
  '"principal":{"roles":["operator"]}',
  '"metadata":{"caller":"operator"}',
]
const SQL = [
  `' or '1'='1`,
  `'; update users.users set roles = '{operator}'; --`,
  `x'); update users.users set roles = array['operator']; --`,
  `$$; update users.users set roles = '{operator}'; $$`,
  `\\'; select pg_sleep(5); --`,
  `' || pg_sleep(5) || '`,
  `1; select pg_sleep(5)`,
  `\${1}$1::text`,
  `%' escape '' or '%'='`,
]
/** A statement that sleeps is seen by how long its answer takes. */
const SLEEPS_MS = 4_500

const Problem = z.object({ code: z.string() })

/** Every operation that there is, with a customer's token: members that nobody asked for, and SQL wherever there is text. */
export async function tryInputs(origin: string, token: string): Promise<Finding> {
  const document = Document.parse(await (await fetch(`${origin}/openapi.json`)).json())
  const wrong: string[] = []
  let checked = 0
  async function ask(what: string, url: string, method: string, body?: string): Promise<void> {
    checked++
    const began = performance.now()
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method !== 'GET' && { 'idempotency-key': randomUUID() }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    })
    const tookMs = performance.now() - began
    const text = await response.text()
    if (response.status >= 500 || tookMs > SLEEPS_MS)
      wrong.push(`${what}: ${response.status} after ${tookMs.toFixed()} ms ${text.slice(0, 200)}`)
    if (what.startsWith('member') && response.status < 400) wrong.push(`${what}: taken, ${response.status}`)
    if (what.startsWith('member') && Problem.safeParse(JSON.parse(text)).data?.code === 'ARC_INTERNAL')
      wrong.push(`${what}: ${text.slice(0, 200)}`)
  }
  for (const target of targetsOf(document)) {
    const isUpload = target.requestBody !== undefined && !target.requestBody.content['application/json']
    const base = `${origin}/api/v1${target.path}`
    if (target.method !== 'GET' && !isUpload)
      for (const climb of CLIMBS)
        await ask(
          `member ${climb} to ${target.path}`,
          filled(base, randomUUID()),
          target.method,
          `{${climb}}`,
        )
    for (const text of SQL) {
      await ask(
        `SQL in the path of ${target.path}`,
        filled(base, text),
        isUpload ? 'GET' : target.method,
        isUpload ? undefined : bodyWith(target, text),
      )
      for (const { name } of target.parameters.filter((parameter) => parameter.in === 'query'))
        await ask(
          `SQL in ${name} of ${target.path}`,
          `${filled(base, randomUUID())}?${name}=${encodeURIComponent(text)}`,
          'GET',
        )
    }
  }
  for (const query of [
    '__proto__[roles]=operator',
    '__proto__=x',
    'constructor=x',
    'limit=1&__proto__.roles=operator',
    'toString=1',
  ])
    await ask(`member ${query}`, `${origin}/api/v1/products?${query}`, 'GET')
  return { what: 'no member and no SQL gets in', checked, wrong, sort: 'unbalanced' }
}

function filled(url: string, value: string): string {
  return url.replaceAll(/\{[^}]+\}/g, encodeURIComponent(value))
}

/** Every field of the body is this text. */
function bodyWith(target: Target, text: string): string | undefined {
  if (target.method === 'GET' || !target.requestBody) return undefined
  const fields = z
    .object({ properties: z.record(z.string(), z.unknown()).optional() })
    .safeParse(target.requestBody.content['application/json']?.schema)
  const names = Object.keys(fields.data?.properties ?? { name: true })
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, text])))
}
