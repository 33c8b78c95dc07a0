import { contract, event } from 'archipel'
import { z } from 'zod'
import { Id, Instant } from '../shared.ts'
import { accountOperations, Role } from './accounts-contract.ts'
import { belongingsOperations } from './belongings-contract.ts'

export { Role }

export const users = contract('users', {
  version: '1.1.0',
  operations: { ...accountOperations, ...belongingsOperations },
  events: {
    userRegistered: event({
      data: z.object({ id: Id, roles: z.array(Role), registeredAt: Instant }),
      key: 'id',
      version: 1,
    }),
  },
})
