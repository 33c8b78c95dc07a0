import { fetch } from 'undici'
import { z } from 'zod'
import { accepted } from '../drill/answers.ts'
import { signUpCustomers } from '../drill/customers.ts'
import type { Finding } from '../drill/finding.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { signInAs } from '../drill/staff.ts'
import type { Attack } from './attack.ts'
import { askWhoIsThere, guessPasswords, tryPasswordSecrets } from './become-operator-accounts.ts'
import { writeIntoLetters } from './become-operator-letters.ts'
import { tryOperationsDoor } from './become-operator-doors.ts'
import { tryInputs } from './become-operator-inputs.ts'
import { misusedTokens, readSigningKey, strangersTokens, type Forgery } from './become-operator-tokens.ts'

const Me = z.object({ id: z.string(), roles: z.array(z.string()) })
/** What only staff can read. */
const POWERS = ['/reports/totals', '/users', '/stock', '/shipments', '/returns', '/trade/orders']

/** A customer who wants more. */
export const becomeOperator: Attack = {
  goal: 'become an operator',
  how: "with forged and misused tokens, members that nobody asked for, SQL wherever there is text, guessed passwords and secrets, heads of letters, and at the operators' door without its secret",
  control: 'trusts-a-key-of-a-tutorial',
  async run({ field, run }) {
    const { shop, origin, dataFolder } = field
    const [token = ''] = await signUpCustomers(shop, run, 1)
    const { id } = accepted(await shop.get('/users/me', token), 'me', Me)
    const operator = await signInAs(shop, dataFolder, 'operator')
    const key = await readSigningKey(dataFolder)
    const before = await rolesOfAll(dataFolder)
    return [
      await showPowers(origin, operator),
      await tryTokens(origin, [...strangersTokens(token, id, key), ...misusedTokens(id, key)]),
      await tryHeaders(origin, token, operator),
      await tryInputs(origin, token),
      await tryPasswordSecrets(shop, dataFolder, run),
      await guessPasswords(field, run),
      await askWhoIsThere(field, run),
      await writeIntoLetters(shop, dataFolder, run),
      await tryOperationsDoor(field, [token, operator]),
      await keptTheirRoles(dataFolder, before, origin, token),
    ]
  },
}

async function statusOf(origin: string, path: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${origin}/api/v1${path}`, { headers })
  await response.body?.cancel()
  return response.status
}

/** An attack on doors that are shut for everybody would prove nothing. */
async function showPowers(origin: string, operator: string): Promise<Finding> {
  const status = await statusOf(origin, '/reports/totals', { authorization: `Bearer ${operator}` })
  const wrong = status === 200 ? [] : [`an operator is told ${status}`]
  return { what: 'an honest operator gets in', checked: 1, wrong, sort: 'unbalanced' }
}

async function tryTokens(origin: string, forgeries: readonly Forgery[]): Promise<Finding> {
  const wrong: string[] = []
  for (const { what, token } of forgeries)
    for (const path of ['/users/me', ...POWERS.slice(0, 2)]) {
      const status = await statusOf(origin, path, { authorization: `Bearer ${token}` })
      if (![400, 401, 431].includes(status)) wrong.push(`${what}: ${path} answers ${status}`)
    }
  return {
    what: 'forged and misused tokens are refused',
    checked: forgeries.length * 3,
    wrong,
    sort: 'unbalanced',
  }
}

/** Two tokens, tokens elsewhere, and who a proxy would say it is. */
async function tryHeaders(origin: string, token: string, operator: string): Promise<Finding> {
  const mine = `Bearer ${token}`
  const tries: Record<string, string>[] = [
    { authorization: `${mine}, Bearer ${operator}x` },
    { authorization: mine, cookie: `token=${operator}x; authorization=${operator}x` },
    ...['x-roles', 'x-user-roles', 'x-archipel-principal', 'archipel-principal', 'x-scopes'].map((name) => ({
      authorization: mine,
      [name]: 'operator',
    })),
    { authorization: mine, 'x-forwarded-for': '127.0.0.1', 'x-archipel-caller': 'operator' },
    {
      authorization: mine,
      traceparent: `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`,
      baggage: 'roles=operator',
    },
    {},
  ]
  const wrong: string[] = []
  for (const headers of tries)
    for (const path of [...POWERS, `/reports/totals?access_token=${operator}`]) {
      const status = await statusOf(origin, path, headers)
      if (status < 400) wrong.push(`${path} with ${JSON.stringify(headers).slice(0, 100)}: ${status}`)
    }
  return { what: 'headers and queries give no roles', checked: tries.length * 7, wrong, sort: 'unbalanced' }
}

async function rolesOfAll(dataFolder: string): Promise<string> {
  const database = await openShopDatabase(dataFolder)
  const { rows } = await database
    .query(
      `select string_agg(email || ' ' || roles::text, ', ' order by email) as roles from users.users where roles::text <> '{customer}'`,
    )
    .finally(() => database.end())
  return z.array(z.object({ roles: z.string() })).parse(rows)[0]?.roles ?? ''
}

async function keptTheirRoles(
  dataFolder: string,
  before: string,
  origin: string,
  token: string,
): Promise<Finding> {
  const after = await rolesOfAll(dataFolder)
  const wrong = after === before ? [] : [`before: ${before}; after: ${after}`]
  for (const path of POWERS) {
    const status = await statusOf(origin, path, { authorization: `Bearer ${token}` })
    if (status !== 403) wrong.push(`a customer is told ${status} at ${path}`)
  }
  return {
    what: 'nobody has another role than before',
    checked: 1 + POWERS.length,
    wrong,
    sort: 'unbalanced',
  }
}
