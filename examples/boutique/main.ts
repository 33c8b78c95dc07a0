import { runApplication } from 'archipel'
import { createBoutique } from './application.ts'
import { createProviderBeside, demonstration } from './shop.ts'
import { welcome } from './welcome.ts'

const provider = createProviderBeside()

await runApplication(
  createBoutique({ provider: provider.client }),
  { beside: (place) => [provider.component(place), demonstration(place)] },
  (shop) => console.log(welcome(shop, provider.url())),
)
