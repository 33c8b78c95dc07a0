import { application, gateway } from 'archipel'
import { catalogueService } from './catalogue/service.ts'
import { creditsService } from './credits/service.ts'
import { inventoryService } from './inventory/service.ts'
import type { MailSender } from './notifications/mail-sender.ts'
import { createNotificationsService } from './notifications/service.ts'
import { ordersService } from './orders/service.ts'
import type { ProviderClient } from './payments/provider-client.ts'
import { createPaymentsService } from './payments/service.ts'
import { reportsService } from './reports/service.ts'
import { reviewsService } from './reviews/service.ts'
import { shippingService } from './shipping/service.ts'
import { users } from './users/contract.ts'
import { usersService } from './users/service.ts'
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from './users/tokens.ts'

/** The whole shop on one screen. @param outside what lies beyond our own databases. */
export function createBoutique(outside: { readonly provider: ProviderClient; readonly mail: MailSender }) {
  return application('boutique', {
    services: [
      usersService,
      catalogueService,
      inventoryService,
      ordersService,
      createPaymentsService(outside.provider),
      shippingService,
      creditsService,
      createNotificationsService(outside.mail),
      reportsService,
      reviewsService,
    ],
    gateway: gateway({
      tokens: {
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        keys: { contract: users, operation: 'listKeys' },
      },
    }),
  })
}
