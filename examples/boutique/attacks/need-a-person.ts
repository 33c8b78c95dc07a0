import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { DEMO_PRODUCTS } from '../demo/products.ts'
import { accepted } from '../drill/answers.ts'
import { placeOrders, signUpCustomers, type Market } from '../drill/customers.ts'
import { noPromises } from '../drill/promises.ts'
import type { ShopClient } from '../drill/shop-client.ts'
import { openShopDatabase } from '../drill/shop-database.ts'
import { signInAs } from '../drill/staff.ts'
import type { Attack, Scene } from './attack.ts'
import { databaseStandsStill, hostStandsStill, inTurn, processorStandsStill, type Mishap } from './mishaps.ts'
import { writeOddly } from './need-a-person-texts.ts'
import { whatWaitsForAPerson } from './need-a-person-afterwards.ts'
import { openSurlyMailServer, type SurlyMailServer } from './surly-mail-server.ts'

const ORDERS = 2_000
const CUSTOMERS = 3
const AT_ONCE = 8
/** Of PostgreSQL, and of the card processor; never less than what makes calls fail. */
const OUTAGE_MS = 60_000
const SHORTEST_OUTAGE_MS = 4_000

/** Whatever may go wrong outside, and whatever may be written into a field, goes over by itself. */
export const needAPerson: Attack = {
  goal: 'make it need a person',
  how: `${ORDERS.toLocaleString('en')} orders with every odd text in every field, while what they name is changed and taken away, PostgreSQL and the card processor are away for a minute, hosts die, and the mail server refuses, hangs and garbles`,
  control: 'ships-plain-names-only',
  async run(scene) {
    const { field, dice, run, scale } = scene
    const market: Market = { shop: field.shop, run, dice, promises: noPromises() }
    const orders = Math.ceil(ORDERS * scale)
    const skus = DEMO_PRODUCTS.slice(0, 12).map(([sku]) => sku)
    await using mail = await openSurlyMailServer(dice)
    await field.victims.host.end('SIGTERM')
    await field.victims.start({ SMTP_URL: mail.url })
    mail.befall(true)
    const tokens = await signUpCustomers(field.shop, run, CUSTOMERS)
    const over = new AbortController()
    let placed = 0
    const work = Promise.all([
      placeOrders(market, { tokens, skus, orders, atOnce: AT_ONCE, onPlaced: () => placed++ }),
      writeOddly(scene, tokens[0] ?? ''),
    ]).finally(() => over.abort())
    const [[, written]] = await Promise.all([
      work,
      inTurn(mishapsOf(scene, mail), { progress: () => placed / orders, signal: over.signal }),
      changeUnderneath(scene, tokens, skus, over.signal),
    ])
    mail.befall(false)
    console.log(
      `  the mail server: ${[...mail.moods].map(([mood, count]) => `${count} × ${mood}`).join(', ')}`,
    )
    const database = await openShopDatabase(field.dataFolder)
    try {
      return [written, ...(await whatWaitsForAPerson(database, field))]
    } finally {
      await database.end()
    }
  },
}

function mishapsOf({ field, scale }: Scene, mail: SurlyMailServer): Mishap[] {
  const { victims } = field
  const outage = Math.max(SHORTEST_OUTAGE_MS, OUTAGE_MS * scale)
  return [
    databaseStandsStill(field, outage),
    {
      what: 'the host is killed',
      async happen() {
        await victims.host.end('SIGKILL')
        await victims.start({ SMTP_URL: mail.url })
      },
    },
    processorStandsStill(field, outage),
    { what: 'PostgreSQL is killed', happen: () => victims.killDatabase() },
    hostStandsStill(field, outage),
  ]
}

const Kept = z.object({ id: z.string() })

/** What an order names is there when it is placed, and gone or another thing a moment later. */
async function changeUnderneath(
  { field: { shop, dataFolder }, dice, run }: Scene,
  tokens: readonly string[],
  skus: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const merchandiser = await signInAs(shop, dataFolder, 'merchandiser')
  for (let number = 0; !signal.aborted; number++) {
    const token = dice.pick(tokens)
    const sku = dice.pick(skus)
    const name = `${run}-change-${number}`
    await Promise.all([
      orderFromWhatIsTakenAway(shop, { name, token, sku }),
      shop.send(
        `/products/${sku}/price`,
        { price: pounds(dice.between(1, 999)) },
        putting(`${name}-price`, merchandiser),
      ),
      shop.send(
        '/notifications/preferences',
        preferences(dice.next() < 0.5),
        putting(`${name}-letters`, token),
      ),
      shop.send(
        '/users/me',
        { name: `Customer ${number}`, country: null },
        putting(`${name}-profile`, token),
      ),
      shop.send(
        `/stock/${sku}/corrections`,
        { quantity: dice.pick([-20, 20]), reason: 'counted' },
        { key: `${name}-stock`, token: merchandiser },
      ),
    ])
    await sleep(dice.between(50, 300))
  }
}

/** A kept card is taken away while the order that it pays is on its way. */
async function orderFromWhatIsTakenAway(
  shop: ShopClient,
  { name, token, sku }: { readonly name: string; readonly token: string; readonly sku: string },
): Promise<void> {
  const card = { label: 'Mine', brand: 'Any', last4: '4242', token: 'tok_ok' }
  const answer = await shop.send('/users/me/payment-methods', card, { key: `${name}-card`, token })
  const { id } = accepted(answer, 'a card', Kept)
  const order = { lines: [{ sku, quantity: 1 }], payment: { methodId: id } }
  await Promise.all([
    shop.send('/orders', order, { key: `${name}-order`, token }),
    shop.send(`/users/me/payment-methods/${id}`, undefined, { key: `${name}-gone`, token, method: 'DELETE' }),
  ])
}

function putting(key: string, token: string) {
  return { key, token, method: 'PUT' } as const
}

function pounds(amount: number) {
  return { amount, currency: 'GBP' }
}

function preferences(all: boolean) {
  const some = { orderReceived: all, orderPaid: !all, orderDispatched: all }
  return { ...some, orderRejected: !all, orderRefunded: all }
}
