import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import { z } from 'zod'
import { accepted, WithId } from '../drill/answers.ts'
import type { Field } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { signInAs } from '../drill/staff.ts'
import { median } from './median.ts'

type Shop = Pick<Field, 'shop' | 'origin'>

const Problem = z.object({ code: z.string() })
const Secret = z.object({ secret: z.string() })
const codeOf = (body: unknown) => Problem.safeParse(body).data?.code ?? ''
const GUESSES = 40
const MOST_TRIED = 5
/** Who measures these many answers of each sort sees no more than this. */
const TIMED = 5
const MOST_TIMES_SLOWER = 3

/** Many guesses at the same moment, the address spelled in several ways. */
export async function guessPasswords({ shop, origin }: Shop, run: string): Promise<Finding> {
  const account = { email: `guessed-${run}@drill.example`, password: 'the right password' }
  accepted(
    await shop.send('/users', { ...account, name: 'Guessed' }, { key: `${run}-guessed` }),
    'registering',
    WithId,
  )
  const spellings = [account.email, account.email.toUpperCase(), account.email.replace('g', 'G')]
  const guess = async (number: number) => {
    const email = spellings[number % spellings.length]
    const password = number === GUESSES - 1 ? account.password : `guess ${number}`
    return (await signIn(origin, { email, password })).code
  }
  const codes: string[] = []
  for (let from = 0; from < GUESSES; from += 8)
    codes.push(...(await Promise.all(Array.from({ length: 8 }, (_, index) => guess(from + index)))))
  const tried = codes.filter((code) => code !== 'TOO_MANY_ATTEMPTS').length
  const wrong = tried > MOST_TRIED ? [`${tried} guesses of ${GUESSES} were tried: ${codes.join()}`] : []
  return { what: `of many guesses ${MOST_TRIED} are tried`, checked: GUESSES, wrong, sort: 'unbalanced' }
}

interface Tried {
  readonly code: string
  readonly tookMs: number
  /** The body, without what belongs to the request alone. */
  readonly text: string
}

/** A shop that is busy is asked again: that guess was not tried. */
async function signIn(origin: string, credentials: object): Promise<Tried> {
  for (;;) {
    const began = performance.now()
    const answer = await fetch(`${origin}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-correlation-id': 'guess' },
      body: JSON.stringify(credentials),
    })
    const body: unknown = await answer.json()
    const [code, tookMs] = [codeOf(body), performance.now() - began]
    if (code !== 'BUSY' && answer.status < 500) return { code, tookMs, text: JSON.stringify(body) }
    await sleep(200)
  }
}

/** An address with an account and one without must be told the same, in the same time. */
export async function askWhoIsThere({ shop, origin }: Shop, run: string): Promise<Finding> {
  const taken: number[][] = [[], []]
  const texts = new Set<string>()
  for (let number = 0; number < TIMED; number++) {
    const email = `there-${number}-${run}@drill.example`
    await shop.send(
      '/users',
      { email, name: 'There', password: 'a password of mine' },
      { key: `${run}-there-${number}` },
    )
    for (const [which, address] of [email, `not-${email}`].entries()) {
      const { tookMs, text } = await signIn(origin, { email: address, password: 'not a password' })
      taken[which]?.push(tookMs)
      texts.add(text)
    }
  }
  const [there = 0, notThere = 0] = taken.map(median)
  console.log(`  a wrong password: ${there.toFixed()} ms with an account, ${notThere.toFixed()} ms without`)
  const wrong = texts.size > 1 ? [`the answers differ: ${[...texts].join(' and ')}`] : []
  if (Math.max(there / notThere, notThere / there) > MOST_TIMES_SLOWER)
    wrong.push(`an account takes ${there} ms, none ${notThere} ms`)
  return { what: 'signing in tells nobody who has an account', checked: 2 * TIMED, wrong, sort: 'unbalanced' }
}

/** The secrets that set a first password: guessed, used twice at once, asked for on accounts of staff. */
export async function tryPasswordSecrets(
  shop: ShopClient,
  dataFolder: string,
  run: string,
): Promise<Finding> {
  const [trade, support] = [
    await signInAs(shop, dataFolder, 'trade'),
    await signInAs(shop, dataFolder, 'support'),
  ]
  const email = `traded-${run}@drill.example`
  const customer = { externalReference: run, name: 'Traded', email, country: 'France' }
  const send = (path: string, body: object, token?: string) =>
    shop.send(path, body, { key: randomUUID(), ...(token !== undefined && { token }) })
  const { id } = accepted(await send('/trade/customers', customer, trade), 'a customer of a trader', WithId)
  const { secret } = accepted(await send(`/users/${id}/password-secrets`, {}, support), 'a secret', Secret)
  const wrong: string[] = []
  const guesses = [
    'x',
    id,
    email,
    `${secret}=`,
    ` ${secret}`,
    secret.toLowerCase(),
    secret.slice(0, -1),
    `' or '1'='1`,
  ]
  for (const guess of guesses)
    if ((await send('/passwords', { secret: guess, password: 'guessed password' })).status < 400)
      wrong.push(`the secret ${guess} was good`)
  const both = await Promise.all(
    [0, 1, 2].map((number) => send('/passwords', { secret, password: `password ${number} of it` })),
  )
  const good = both.filter(({ status }) => status === 201).length
  if (good !== 1) wrong.push(`one secret set ${good} passwords`)
  const again = await send(`/users/${id}/password-secrets`, {}, support)
  if (codeOf(again.body) !== 'PASSWORD_SET')
    wrong.push(`support got a secret of an account that has a password`)
  for (const path of ['/trade/customers', `/users/${id}/password-secrets`, `/users`]) {
    const { status } =
      path === '/users' ? await send(path, { ...customer, roles: ['operator'] }) : await send(path, customer)
    if (status < 400) wrong.push(`${path} took it: ${status}`)
  }
  const staff = await send(
    '/trade/customers',
    { ...customer, externalReference: `${run}-staff`, email: 'operator@boutique.example' },
    trade,
  )
  if (staff.status < 400 && JSON.stringify(staff.body).includes('operator'))
    wrong.push('a trader took over an account of staff')
  return {
    what: 'secrets of passwords are good once, for one',
    checked: guesses.length + 7,
    wrong,
    sort: 'unbalanced',
  }
}
