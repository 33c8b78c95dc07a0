import { runApplication } from 'archipel'
import { createBoutique } from './application.ts'
import { mailFaults, mailSettings } from './mail-settings.ts'
import { createMailBeside, createProviderBeside, demonstration } from './shop.ts'
import { welcome } from './welcome.ts'

const provider = createProviderBeside()
const mail = createMailBeside(mailSettings(process.env))

await runApplication(
  createBoutique({ provider: provider.client, mail: mail.sender }),
  {
    faults: mailFaults,
    beside: (place) => [provider.component(place), mail.component(place), demonstration(place)],
  },
  (shop) => console.log(welcome(shop, { provider: provider.url(), mail: mail.url() })),
)
