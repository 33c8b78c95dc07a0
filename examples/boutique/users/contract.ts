import {
  command,
  conflict,
  contract,
  event,
  limited,
  notFound,
  owner,
  query,
  unauthenticated,
} from 'archipel'
import { z } from 'zod'
import { Id, Instant } from '../shared.ts'

export const Role = z.enum(['customer', 'merchandiser', 'support', 'trade', 'operator'])
const Email = z.email().max(200)
const Password = z.string().min(10).max(200)

export const User = z.object({
  id: Id,
  email: Email,
  name: z.string(),
  roles: z.array(Role),
  registeredAt: Instant,
})

/** A public key as in RFC 8037: what a reader of our tokens needs to check them. */
const PublicKey = z.object({
  kid: z.string(),
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  alg: z.string(),
  use: z.string(),
})

export const users = contract('users', {
  version: '1.0.0',
  operations: {
    register: command({
      summary: 'Open an account as a customer',
      http: { route: 'POST /users', status: 201 },
      access: 'public',
      input: z.object({ email: Email, name: z.string().min(1).max(100), password: Password }),
      output: User,
      errors: { EMAIL_TAKEN: conflict(z.object({ email: Email })) },
    }),
    signIn: command({
      summary: 'Get a token that is good for one hour',
      http: { route: 'POST /sessions', status: 201 },
      access: 'public',
      secret: true,
      input: z.object({ email: Email, password: z.string().max(200) }),
      output: z.object({ token: z.string(), tokenType: z.literal('Bearer'), expiresAt: Instant }),
      errors: {
        CREDENTIALS_WRONG: unauthenticated(),
        TOO_MANY_ATTEMPTS: limited(z.object({ retryAt: Instant })),
      },
    }),
    getMe: query({
      summary: 'The account that is signed in',
      http: { route: 'GET /users/me' },
      access: owner('id'),
      input: z.object({}),
      output: User,
      errors: { ACCOUNT_GONE: notFound() },
    }),
    listKeys: query({
      summary: 'The public keys that tokens are checked with',
      access: 'internal',
      input: z.object({}),
      output: z.object({ keys: z.array(PublicKey) }),
    }),
    openAccount: command({
      summary: 'Open an account with roles; answers the one that exists',
      access: 'internal',
      input: z.object({ email: Email, name: z.string(), password: Password, roles: z.array(Role) }),
      output: User,
    }),
  },
  events: {
    userRegistered: event({
      data: z.object({ id: Id, roles: z.array(Role), registeredAt: Instant }),
      key: 'id',
      version: 1,
    }),
  },
})
