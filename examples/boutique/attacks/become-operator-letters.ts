import PostalMime from 'postal-mime'
import { z } from 'zod'
import { accepted, WithId } from '../drill/answers.ts'
import type { Finding } from '../drill/finding.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { openMailboxDatabase } from '../drill/shop-database.ts'
import { untilTrue } from './until-true.ts'

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
