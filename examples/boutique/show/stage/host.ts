// The boutique in a process of its own, for `stage/shop.ts`: with a mailroom beside it, and on demand with one service only,
// or with a moment at which it kills itself.
import {
  application,
  component,
  gateway,
  runApplication,
  systemEnvironment,
  type FaultPoints,
  type Place,
} from 'archipel'
import { createBoutique } from '../../application.ts'
import { catalogue } from '../../catalogue/contract.ts'
import { catalogueService } from '../../catalogue/service.ts'
import { inventory } from '../../inventory/contract.ts'
import { createMailBeside, createProviderBeside } from '../../shop.ts'
import { users } from '../../users/contract.ts'
import { mailroomService } from './mailroom/service.ts'
import { ACCOUNTS, PRODUCTS, type HostOptions } from './scene.ts'

const options: HostOptions = JSON.parse(process.env['SHOW_HOST'] ?? '{}')
const provider = createProviderBeside({ answerWithinMs: 500, slowMs: 5_000 })
const mail = createMailBeside()
const boutique = createBoutique({ provider: provider.client, mail: mail.sender })
const whole = { ...boutique, services: [...boutique.services, mailroomService] }
const alone = application('boutique', { services: [catalogueService], gateway: gateway({}) })

/** SIGKILL at a named moment, between two lines of the framework. */
const faults: FaultPoints = {
  armed: options.killAt !== undefined,
  reach(point, subject) {
    if ([point, `${point} ${subject}`].includes(options.killAt ?? '')) process.kill(process.pid, 'SIGKILL')
  },
}

async function furnish({ client }: Place): Promise<void> {
  const principal = { id: 'show', roles: ['merchandiser'], scopes: [] }
  for (const [sku, pence, pieces] of PRODUCTS) {
    const products = client(catalogue, { principal, idempotencyKey: `product/${sku}` })
    await products.addProduct({ sku, name: sku, price: { amount: pence, currency: 'GBP' } })
    if (!options.alone)
      await client(inventory, { principal, idempotencyKey: `stock/${sku}` }).receiveStock({
        sku,
        quantity: pieces,
      })
  }
  if (options.alone) return
  await Promise.all(
    ACCOUNTS.map((account) => client(users, { idempotencyKey: account.email }).openAccount(account)),
  )
}

// When whoever shows this is gone, so is the shop.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

let admin: Place['admin'] | undefined
await runApplication(
  options.alone ? alone : whole,
  {
    environment: systemEnvironment({ faults }),
    beside(place) {
      ;({ admin } = place)
      const furnishing = component('furnishing', { start: () => furnish(place) })
      return options.alone ? [furnishing] : [provider.component(place), mail.component(place), furnishing]
    },
  },
  ({ url, operationsUrl, dataFolder }) =>
    process.send?.({
      url,
      operationsUrl,
      dataFolder,
      admin,
      providerUrl: options.alone ? '' : provider.url(),
    }),
)
