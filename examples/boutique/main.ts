import { runApplication } from 'archipel'
import { createBoutique } from './application.ts'
import { readCommandLine } from './command-line.ts'
import { importBeside } from './import/beside-shop.ts'
import { mailFaults, mailSettings } from './mail-settings.ts'
import { createMailBeside, createProviderBeside, demonstration } from './shop.ts'
import { welcome } from './welcome.ts'

const { tradeFile } = readCommandLine(process.argv.slice(2))
const provider = createProviderBeside()
const mail = createMailBeside(mailSettings(process.env))

await runApplication(
  createBoutique({ provider: provider.client, mail: mail.sender }),
  {
    faults: mailFaults,
    beside: (place) => [provider.component(place), mail.component(place), demonstration(place)],
  },
  (shop) => {
    console.log(welcome(shop, { provider: provider.url(), mail: mail.url() }))
    if (tradeFile !== undefined) importBeside(tradeFile, shop)
  },
)
