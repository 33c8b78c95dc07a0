import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

/** OWASP's present advice for scrypt: N = 2^15, r = 8, p = 3, which takes 32 MiB for each hash. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const HASH_BYTES = 32

function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, cost, (error, hash) =>
      error ? reject(error) : resolve(hash),
    )
  })
}

/** A salted hash that names its own parameters, so that they can rise later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/**
 * Whether the password fits the stored hash. For an account that doesn't exist pass `undefined`: it takes as
 * long, so that the time of an answer tells nobody which accounts there are.
 */
export async function passwordFits(password: string, stored: string | undefined): Promise<boolean> {
  const [, n, r, p, salt, hash] = stored?.split('$') ?? []
  if (salt === undefined || hash === undefined) {
    await derive(password, randomBytes(16), COST)
    return false
  }
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: COST.maxmem }
  return timingSafeEqual(
    await derive(password, Buffer.from(salt, 'base64'), cost),
    Buffer.from(hash, 'base64'),
  )
}
