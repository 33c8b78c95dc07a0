import { component, runApplication, systemEnvironment } from 'archipel'
import { createBoutique } from '../application.ts'
import { mailSettings } from '../mail-settings.ts'
import { createProviderClient } from '../payments/provider-client.ts'
import { createMailBeside, demonstration } from '../shop.ts'
import { auditService } from './audit-service.ts'
import { SABOTAGES } from './sabotages.ts'
import { writeShopDatabase } from './shop-database.ts'
import { createCrashPoints } from './sweep/crash-points.ts'

/**
 * The shop as `npm start` runs it, with one more service that audits events and, where a drill asks for it, a planted
 * bug or crash points at which it kills itself. The card processor is a process of its own.
 */
const { DRILL_SABOTAGE = '', DRILL_CRASH_POINTS, DRILL_PROVIDER_URL = '' } = process.env
const PROVIDER_ANSWERS_WITHIN_MS = 2_000
const sabotage = SABOTAGES[DRILL_SABOTAGE]
const provider = createProviderClient({
  url: () => DRILL_PROVIDER_URL,
  timeoutMs: PROVIDER_ANSWERS_WITHIN_MS,
})
const mail = createMailBeside(mailSettings(process.env))
const boutique = createBoutique({ provider: sabotage?.provider?.(provider) ?? provider, mail: mail.sender })
// A number is the how-manieth point ends it right away; any other text waits to be told.
const faults =
  DRILL_CRASH_POINTS === undefined ? undefined : createCrashPoints(Number(DRILL_CRASH_POINTS) || undefined)

await runApplication(
  { ...boutique, services: [...boutique.services, auditService] },
  {
    ...(sabotage?.seams && { seams: sabotage.seams }),
    ...(faults && { environment: systemEnvironment({ faults }) }),
    beside: (place) => [
      component('drill', {
        start: async () =>
          writeShopDatabase(place.dataFolder, {
            admin: place.admin,
            provider: await place.database('provider'),
            mailbox: await place.database('mailbox'),
          }),
      }),
      mail.component(place),
      demonstration(place),
    ],
  },
  () => undefined,
)
