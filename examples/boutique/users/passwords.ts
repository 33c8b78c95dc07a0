import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { createTurns } from './hashing.ts'

/** OWASP's present advice for scrypt: N = 2^15, r = 8, p = 3, which takes 32 MiB for each hash. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const HASH_BYTES = 32
const inTurn = createTurns()

/** @returns undefined when so many passwords are being hashed that this one would wait for too long. */
function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer | undefined> {
  const hash = () =>
    new Promise<Buffer>((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, HASH_BYTES, cost, (error, derived) =>
        error ? reject(error) : resolve(derived),
      )
    })
  return inTurn(hash)
}

/** A salted hash that names its own parameters, so that they can rise later; undefined when too many want one. */
export async function hashPassword(password: string): Promise<string | undefined> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  if (hash === undefined) return undefined
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/**
 * Whether the password fits the stored hash. For an account that doesn't exist pass `undefined`: it takes as
 * long, so that the time of an answer tells nobody which accounts there are. Undefined when too many want to know.
 */
export async function passwordFits(
  password: string,
  stored: string | undefined,
): Promise<boolean | undefined> {
  const [, n, r, p, salt, hash] = stored?.split('$') ?? []
  if (salt === undefined || hash === undefined) {
    const derived = await derive(password, randomBytes(16), COST)
    return derived && false
  }
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: COST.maxmem }
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost)
  return derived && timingSafeEqual(derived, Buffer.from(hash, 'base64'))
}
