import { component, runApplication, systemEnvironment } from 'archipel'
import { createBoutique } from '../application.ts'
import { createProviderBeside, demonstration } from '../shop.ts'
import { auditService } from './audit-service.ts'
import { SABOTAGES } from './sabotages.ts'
import { writeShopDatabase } from './shop-database.ts'
import { createCrashPoints } from './sweep/crash-points.ts'

/**
 * The shop as `npm start` runs it, with one more service that audits events and, where a drill asks for it, a planted
 * bug or crash points at which it kills itself.
 */
const { DRILL_SABOTAGE = '', DRILL_CRASH_POINTS } = process.env
const sabotage = SABOTAGES[DRILL_SABOTAGE]
const provider = createProviderBeside()
const boutique = createBoutique({ provider: provider.client })
// A number is the how-manieth point ends it right away; any other text waits to be told.
const faults =
  DRILL_CRASH_POINTS === undefined ? undefined : createCrashPoints(Number(DRILL_CRASH_POINTS) || undefined)

await runApplication(
  { ...boutique, services: [...boutique.services, auditService] },
  {
    ...(sabotage && { seams: sabotage.seams }),
    ...(faults && { environment: systemEnvironment({ faults }) }),
    beside: (place) => [
      component('drill', { start: () => writeShopDatabase(place.dataFolder, place.admin) }),
      provider.component(place),
      demonstration(place),
    ],
  },
  () => undefined,
)
