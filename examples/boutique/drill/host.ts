import { component, runApplication } from 'archipel'
import { createBoutique } from '../application.ts'
import { createProviderBeside, demonstration } from '../shop.ts'
import { auditService } from './audit-service.ts'
import { SABOTAGES } from './sabotages.ts'
import { writeShopDatabase } from './shop-database.ts'

/** The shop as `npm start` runs it, with one more service that audits events and, where the drill asks for it, a planted bug. */
const sabotage = SABOTAGES[process.env['DRILL_SABOTAGE'] ?? '']
const provider = createProviderBeside()
const boutique = createBoutique({ provider: provider.client })

await runApplication(
  { ...boutique, services: [...boutique.services, auditService] },
  {
    ...(sabotage && { seams: sabotage.seams }),
    beside: (place) => [
      component('drill', { start: () => writeShopDatabase(place.dataFolder, place.admin) }),
      provider.component(place),
      demonstration(place),
    ],
  },
  () => undefined,
)
