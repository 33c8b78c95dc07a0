import { runApplication } from 'archipel'
import { createBoutique } from './application.ts'
import { createProviderBeside, demonstration, readSettings } from './shop.ts'
import { welcome } from './welcome.ts'

const settings = readSettings(process.env)
const provider = createProviderBeside()

await runApplication(
  createBoutique({ provider: provider.client }),
  { ...settings, beside: (place) => [provider.component(place), demonstration(place)] },
  ({ url, operationsUrl }) => console.log(welcome({ url, operationsUrl, providerUrl: provider.url(), dataFolder: settings.dataFolder })),
)
