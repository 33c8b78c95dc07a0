import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { fetch } from 'undici'
import { z } from 'zod'
import { accepted, WithId } from '../drill/answers.ts'
import type { Field } from '../drill/field.ts'
import type { Finding } from '../drill/finding.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { openMailboxDatabase } from '../drill/shop-database.ts'
import { signInAs } from '../drill/staff.ts'
import { untilTrue } from './until-true.ts'

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
  const [there = 0, notThere = 0] = taken.map(
    (times) => times.sort((a, b) => a - b)[Math.floor(TIMED / 2)] ?? 0,
  )
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

const NAMES = [
  'A\r\nBcc: x@evil.example',
  'A\nSubject: x',
  'A\u2028Bcc: x@evil.example',
  'A\u0085Bcc: x',
  'A\u0000B',
]
const HARMLESS_NAMES = [
  'Bcc: x@evil.example',
  '=?utf-8?q?=0D=0ABcc:_x@evil.example?=',
  '"A" <x@evil.example>,',
  '.',
  '<b>A</b> {name} ${name}',
]
const EMAILS = (mine: string) => [
  `${mine}\r\nBcc: x@evil.example`,
  `${mine},x@evil.example`,
  `${mine}> <x@evil.example`,
  `x@evil.example;${mine}`,
  `"a\r\nRCPT TO:<x@evil.example>"@${mine.split('@')[1] ?? ''}`,
  `${mine}%0d%0aBcc:x@evil.example`,
  `<${mine}>`,
  ` ${mine}`,
]
const Mail = z.object({ to: z.array(z.string()), raw: z.instanceof(Buffer) })

/** Names and addresses that would write lines of a letter's head. */
export async function writeIntoLetters(shop: ShopClient, dataFolder: string, run: string): Promise<Finding> {
  const wrong: string[] = []
  let checked = 0
  const register = (email: string, name: string) =>
    shop.send(
      '/users',
      { email, name, password: 'a password of mine' },
      { key: `${run}-letters-${checked++}` },
    )
  for (const name of NAMES)
    if ((await register(`name-${checked}-${run}@drill.example`, name)).status < 400)
      wrong.push(`the name ${JSON.stringify(name)} was taken`)
  for (const email of EMAILS(`mail-${run}@drill.example`))
    if ((await register(email, 'A')).status < 400)
      wrong.push(`the address ${JSON.stringify(email)} was taken`)
  const writers = HARMLESS_NAMES.map((name, index) => ({
    name,
    email: `writer-${index}-${run}@drill.example`,
  }))
  for (const { name, email } of writers) {
    accepted(await register(email, name), 'registering', WithId)
    const session = await shop.send(
      '/sessions',
      { email, password: 'a password of mine' },
      { key: `${run}-${email}` },
    )
    const { token } = accepted(session, 'signing in', z.object({ token: z.string() }))
    const { items } = accepted(
      await shop.get('/products?limit=1'),
      'products',
      z.object({ items: z.array(z.object({ sku: z.string() })) }),
    )
    const order = { lines: [{ sku: items[0]?.sku, quantity: 1 }], payment: { token: 'tok_ok' } }
    accepted(await shop.send('/orders', order, { key: `${run}-${email}-order`, token }), 'an order', WithId)
  }
  const mailbox = await openMailboxDatabase(dataFolder)
  try {
    const letters = await untilTrue(async () => {
      const { rows } = await mailbox.query(
        `select rcpt_to as "to", raw from mailbox.messages where rcpt_to[1] like 'writer-%'`,
      )
      const found = rows.map((row) => Mail.parse(row))
      return new Set(found.map(({ to }) => to.join())).size >= writers.length ? found : undefined
    })
    for (const { to, raw } of letters ?? []) {
      const letter = await PostalMime.parse(raw)
      const names = letter.headers.map(({ key }) => key)
      const read = [letter.to ?? [], letter.cc ?? [], letter.bcc ?? []].flat().map(({ address }) => address)
      if (read.join() !== to.join() || to.length !== 1 || new Set(names).size !== names.length)
        wrong.push(`a letter for ${to.join()} says it is for ${read.join()}; its head has ${names.join()}`)
      checked++
    }
    if (letters === undefined) wrong.push('the letters did not come')
  } finally {
    await mailbox.end()
  }
  return { what: 'nobody writes the heads of letters', checked, wrong, sort: 'unbalanced' }
}
