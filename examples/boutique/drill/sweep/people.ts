import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Field } from '../field.ts'

const WHO = ['customer', 'support', 'warehouse'] as const
export type Who = (typeof WHO)[number]

export interface People {
  readonly customerId: string
  tokenOf(who: Who): string
  /** Signs in again whoever has done so long ago. */
  signIn(): Promise<void>
}

const Account = z.object({ email: z.string(), password: z.string() })
const Accounts = z.array(Account.extend({ role: z.string() }))
const Session = z.object({ token: z.string() })
const Registered = z.object({ id: z.string() })
/** A token lives for an hour, a whole sweep for longer. */
const GOOD_FOR_MS = 30 * 60_000

/** The one customer of a sweep, who signs up, and the staff, whose accounts the shop writes down. */
export async function gatherPeople({ shop, dataFolder }: Field, run: string): Promise<People> {
  const customer = { email: `customer-${run}@drill.example`, password: `drill-password-${run}` }
  const registered = await shop.send(
    '/users',
    { ...customer, name: 'A customer' },
    { key: `${run}-register` },
  )
  const { id: customerId } = Registered.parse(registered.body)
  const staff = Accounts.parse(JSON.parse(await readFile(join(dataFolder, 'demo-accounts.json'), 'utf8')))
  const tokens = new Map<Who, string>()
  let since = -Infinity

  async function tokenFor(who: Who): Promise<string> {
    const account = who === 'customer' ? customer : staff.find(({ role }) => role === who)
    const { email, password } = Account.parse(account)
    const { body } = await shop.send('/sessions', { email, password }, { key: randomUUID() })
    return Session.parse(body).token
  }

  return {
    customerId,
    tokenOf: (who) => tokens.get(who) ?? '',
    async signIn() {
      if (performance.now() - since < GOOD_FOR_MS) return
      for (const who of WHO) tokens.set(who, await tokenFor(who))
      since = performance.now()
    },
  }
}
