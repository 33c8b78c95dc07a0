import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetch } from 'undici'
import { z } from 'zod'
import { onField } from '../drill/field.ts'
import { runFuzz } from './run.ts'

const Accounts = z.array(z.object({ role: z.string(), email: z.string(), password: z.string() }))
const Session = z.object({ token: z.string() })

/** Runs the fuzzer against a shop in a process of its own. @returns whether nothing was found. */
export async function runFuzzDrill({ requests, seed }: { requests: number; seed: number }): Promise<boolean> {
  console.log(`fuzz drill: ${requests} requests, seed ${seed}`)
  return onField({}, async ({ dataFolder, origin }) => {
    const accounts = Accounts.parse(
      JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')),
    )
    const signedIn = accounts.map(async (account) => [account.role, await signIn(origin, account)] as const)
    const tokens = Object.fromEntries(await Promise.all(signedIn))
    const { findings, statuses } = await runFuzz({ origin, tokens, requests, seed })
    const width = Math.max(...[...statuses.keys()].map((name) => name.length))
    console.log()
    for (const [name, counts] of statuses) {
      const sorted = [...counts].toSorted(([a], [b]) => a - b)
      console.log(
        `  ${name.padEnd(width)}  ${sorted.map(([status, count]) => `${status}×${count}`).join('  ')}`,
      )
    }
    console.log(`\n  ${statuses.size} operations, ${findings.length} findings`)
    for (const finding of findings.slice(0, 20)) console.log(`\n  ${finding}`)
    return findings.length === 0
  })
}

async function signIn(
  origin: string,
  { email, password }: { email: string; password: string },
): Promise<string> {
  const response = await fetch(`${origin}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const answer: unknown = await response.json()
  if (response.status !== 201) throw new Error(`${email} can't sign in: ${JSON.stringify(answer)}`)
  return Session.parse(answer).token
}
