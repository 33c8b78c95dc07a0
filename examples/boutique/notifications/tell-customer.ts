import { saga } from 'archipel'
import { z } from 'zod'
import { Id } from '../shared.ts'
import { notifications } from './contract.ts'

/** Has one notification delivered, however long the mail server is away. */
export const tellCustomer = saga('tellCustomer', {
  version: 1,
  input: z.object({ notificationId: Id }),
  uses: { notifications },
}).pivot('deliver', ({ input }, { notifications }) => notifications.deliver(input), {
  retry: { first: '1s', longest: '1m' },
})
