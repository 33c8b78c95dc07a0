import { service, sql } from 'archipel'
import { z } from 'zod'
import { pageById } from '../shared.ts'
import { User } from './accounts-contract.ts'
import {
  addressesOf,
  deleteAddress,
  deleteMethod,
  findAddress,
  findToken,
  insertAddress,
  insertMethod,
  methodsOf,
  updateAddress,
} from './belongings-rows.ts'
import { users } from './contract.ts'
import { issueSecret, lockPassword, secretFits, setFirstPassword } from './password-secrets.ts'
import { hashPassword, passwordFits } from './passwords.ts'
import { ATTEMPTS, countFailure, failuresOf, forgetFailures, signingKey } from './sign-in.ts'
import { signToken, TOKEN_LIFETIME_MS } from './tokens.ts'
import { findTradeCustomer, insertTradeCustomer } from './trade-customers.ts'
import { findAccount, findUser, insertUser, userColumns, usersBefore } from './user-rows.ts'

const PublicKeyRow = z.object({
  publicKey: z.object({
    kid: z.string(),
    kty: z.string(),
    crv: z.string(),
    x: z.string(),
    alg: z.string(),
    use: z.string(),
  }),
})
const Contact = z.object({ email: z.string(), name: z.string() })
const CUSTOMER = ['customer' as const]

export const usersService = service(users, {
  database: { migrations: new URL('./migrations/', import.meta.url) },
})
  .operation(
    'register',
    { prepare: ({ password }, { errors }) => hashed(password, errors.BUSY) },
    async ({ email, name }, { db, publish, errors, id, now }, passwordHash) => {
      const user = { id: id(), email, name, country: null, roles: CUSTOMER, registeredAt: now() }
      if (!(await insertUser(db, user, passwordHash))) throw errors.EMAIL_TAKEN({ email })
      publish.userRegistered({ id: user.id, roles: user.roles, registeredAt: user.registeredAt })
      return user
    },
  )
  .operation(
    'signIn',
    // The slow hash runs before the transaction: nobody else waits for it.
    {
      prepare: async ({ email, password }, { db, errors }) => {
        const account = await findAccount(db, email)
        const fits = await passwordFits(password, account?.passwordHash ?? undefined)
        if (fits === undefined) throw errors.BUSY()
        return { account, fits }
      },
    },
    async ({ email }, { db, errors, id, now }, { account, fits }) => {
      const at = now()
      const { failures, windowEndsAt } = await failuresOf(db, email, at)
      if (failures >= ATTEMPTS) throw errors.TOO_MANY_ATTEMPTS({ retryAt: windowEndsAt })
      if (!account || !fits) {
        await countFailure(db, email)
        // Returned, not thrown: the failure that was just counted must stay.
        return errors.CREDENTIALS_WRONG()
      }
      await forgetFailures(db, email)
      const key = await signingKey(db, id(), at)
      const token = await signToken(key, account, id(), Date.parse(at))
      return {
        token,
        tokenType: 'Bearer',
        expiresAt: new Date(Date.parse(at) + TOKEN_LIFETIME_MS).toISOString(),
      }
    },
  )
  .operation('getMe', async (_input, { db, principal, errors }) => {
    const user = await findUser(db, principal.id)
    if (!user) throw errors.ACCOUNT_GONE()
    return user
  })
  .operation('changeProfile', async ({ name, country }, { db, principal, errors }) => {
    const user = await db.maybeOne(
      User,
      sql`update users set name = ${name}, country = ${country} where id = ${principal.id} returning ${userColumns}`,
    )
    if (!user) throw errors.ACCOUNT_GONE()
    return user
  })
  .operation('listUsers', async ({ email, cursor, limit }, { db }) =>
    pageById(await usersBefore(db, { email, before: cursor, limit: limit + 1 }), limit),
  )
  .operation('issuePasswordSecret', async ({ id }, { db, errors, now }) => {
    const hasPassword = await lockPassword(db, id)
    if (hasPassword === undefined) throw errors.USER_NOT_FOUND()
    // Support never gets into an account that somebody uses.
    if (hasPassword) throw errors.PASSWORD_SET()
    return issueSecret(db, id, now())
  })
  .operation(
    'setPassword',
    {
      prepare: async ({ secret, password }, { db, errors, now }) => {
        if (!(await secretFits(db, secret, now()))) throw errors.SECRET_WRONG()
        return hashed(password, errors.BUSY)
      },
    },
    async ({ secret }, { db, errors, now }, passwordHash) => {
      if (!(await setFirstPassword(db, { secret, passwordHash, at: now() }))) throw errors.SECRET_WRONG()
      return {}
    },
  )
  .operation('importCustomer', async (customer, { db, publish, principal, errors, id, now }) => {
    const { name, email, country } = customer
    const known = await findTradeCustomer(db, principal.id, customer)
    if (known?.same) return { id: known.userId }
    if (known) throw errors.REFERENCE_TAKEN({ id: known.userId })
    const user = { id: id(), email, name, country, roles: CUSTOMER, registeredAt: now() }
    if (!(await insertUser(db, user, null))) {
      // Perhaps the same request, at the same moment under another key, was first.
      const meanwhile = await findTradeCustomer(db, principal.id, customer)
      if (meanwhile?.same) return { id: meanwhile.userId }
      throw errors.EMAIL_TAKEN({ email })
    }
    const named = await insertTradeCustomer(db, principal.id, user.id, customer)
    if (named !== user.id) throw errors.REFERENCE_TAKEN({ id: named })
    publish.userRegistered({ id: user.id, roles: user.roles, registeredAt: user.registeredAt })
    return { id: user.id }
  })
  .operation('listKeys', async (_input, { db }) => {
    const rows = await db.many(PublicKeyRow, sql`select public_key as "publicKey" from signing_keys`)
    return { keys: rows.map((row) => row.publicKey) }
  })
  .operation(
    'openAccount',
    { prepare: ({ password }, { errors }) => hashed(password, errors.BUSY) },
    async ({ email, name, roles }, { db, publish, id, now }, passwordHash) => {
      const user = { id: id(), email, name, country: null, roles, registeredAt: now() }
      if (await insertUser(db, user, passwordHash)) {
        publish.userRegistered({ id: user.id, roles, registeredAt: user.registeredAt })
        return user
      }
      return db.one(User, sql`select ${userColumns} from users where lower(email) = lower(${email})`)
    },
  )
  .operation('listAddresses', async ({ cursor, limit }, { db, principal }) =>
    pageById(await addressesOf(db, { userId: principal.id, before: cursor, limit: limit + 1 }), limit),
  )
  .operation('getAddress', async ({ id }, { db, principal, errors }) => {
    const address = await findAddress(db, { id, userId: principal.id })
    if (!address) throw errors.ADDRESS_NOT_FOUND()
    return address
  })
  .operation('addAddress', (address, { db, principal, id, now }) =>
    insertAddress(db, { id: id(), userId: principal.id }, address, now()),
  )
  .operation('changeAddress', async ({ id, ...address }, { db, principal, errors }) => {
    const changed = await updateAddress(db, { id, userId: principal.id }, address)
    if (!changed) throw errors.ADDRESS_NOT_FOUND()
    return changed
  })
  .operation('removeAddress', async ({ id }, { db, principal, errors }) => {
    if (!(await deleteAddress(db, { id, userId: principal.id }))) throw errors.ADDRESS_NOT_FOUND()
    return {}
  })
  .operation('listPaymentMethods', async ({ cursor, limit }, { db, principal }) =>
    pageById(await methodsOf(db, { userId: principal.id, before: cursor, limit: limit + 1 }), limit),
  )
  .operation('addPaymentMethod', (method, { db, principal, id, now }) =>
    insertMethod(db, { id: id(), userId: principal.id }, method, now()),
  )
  .operation('removePaymentMethod', async ({ id }, { db, principal, errors }) => {
    if (!(await deleteMethod(db, { id, userId: principal.id }))) throw errors.METHOD_NOT_FOUND()
    return {}
  })
  .operation('getForOrder', async ({ customerId: userId, addressId, methodId }, { db, errors }) => {
    const saved = addressId === undefined ? null : await findAddress(db, { id: addressId, userId })
    if (saved === undefined) throw errors.ADDRESS_NOT_FOUND()
    const token = methodId === undefined ? null : await findToken(db, { id: methodId, userId })
    if (token === undefined) throw errors.METHOD_NOT_FOUND()
    return { address: saved?.address ?? null, token }
  })
  .operation('getContact', async ({ id }, { db, errors }) => {
    const contact = await db.maybeOne(Contact, sql`select email, name from users where id = ${id}`)
    if (!contact) throw errors.CUSTOMER_NOT_FOUND()
    return contact
  })

/** @throws what `busy` makes when so many passwords are being hashed that this one would wait for too long. */
async function hashed(password: string, busy: () => Error): Promise<string> {
  const hash = await hashPassword(password)
  if (hash === undefined) throw busy()
  return hash
}
