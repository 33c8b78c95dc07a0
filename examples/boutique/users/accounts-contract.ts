import {
  command,
  conflict,
  limited,
  notFound,
  owner,
  page,
  query,
  refused,
  roles,
  unauthenticated,
} from 'archipel'
import { z } from 'zod'
import { Country, Id, Instant, textLine } from '../shared.ts'

export const Role = z.enum(['customer', 'merchandiser', 'support', 'trade', 'operator', 'warehouse'])
const Email = z.email().max(200)
const PersonName = textLine(100)
const Password = z.string().min(10).max(200)

/** Everybody who has an account, whatever they do with it. */
const signedIn = roles('customer', 'merchandiser', 'support', 'trade', 'operator', 'warehouse')

export const User = z.object({
  id: Id,
  email: Email,
  name: z.string(),
  /** Null until its owner says so. Accounts of before the field was there have none. */
  country: z.string().nullable().default(null),
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

/** So many ask for the slow hash of a password that this one would wait for too long. */
const BUSY = limited()

/** Accounts: how they come to be, how somebody gets in. */
export const accountOperations = {
  register: command({
    summary: 'Open an account as a customer',
    http: { route: 'POST /users', status: 201 },
    access: 'public',
    input: z.object({ email: Email, name: PersonName, password: Password }),
    output: User,
    errors: { EMAIL_TAKEN: conflict(z.object({ email: Email })), BUSY },
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
      BUSY,
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
  changeProfile: command({
    summary: 'Change what is said about the account that is signed in',
    http: { route: 'PUT /users/me' },
    access: signedIn,
    input: z.object({ name: PersonName, country: Country.nullable() }),
    output: User,
    errors: { ACCOUNT_GONE: notFound() },
  }),
  listUsers: query({
    summary: 'Accounts, or the one with an e-mail address',
    http: { route: 'GET /users' },
    access: roles('support'),
    ...page(User, { email: Email.optional() }, { cursor: Id }),
  }),
  issuePasswordSecret: command({
    summary: 'A secret with which a customer who has no password sets one; the one before is void',
    http: { route: 'POST /users/{id}/password-secrets', status: 201 },
    access: roles('support'),
    secret: true,
    input: z.object({ id: Id }),
    output: z.object({ secret: z.string(), expiresAt: Instant }),
    errors: { USER_NOT_FOUND: notFound(), PASSWORD_SET: conflict() },
  }),
  setPassword: command({
    summary: 'Set the first password of an account, with the secret that support gave out; it is good once',
    http: { route: 'POST /passwords', status: 201 },
    access: 'public',
    input: z.object({ secret: z.string().min(1).max(100), password: Password }),
    output: z.object({}),
    errors: { SECRET_WRONG: refused(), BUSY },
  }),
  importCustomer: command({
    summary: 'Adds a customer of a trader, who has no password; the same again answers the one that exists',
    http: { route: 'POST /trade/customers' },
    access: roles('trade'),
    input: z.object({ externalReference: textLine(100), name: PersonName, email: Email, country: Country }),
    output: z.object({ id: Id }),
    errors: {
      EMAIL_TAKEN: conflict(z.object({ email: Email })),
      REFERENCE_TAKEN: conflict(z.object({ id: Id })),
    },
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
    input: z.object({ email: Email, name: PersonName, password: Password, roles: z.array(Role) }),
    output: User,
    errors: { BUSY },
  }),
}
