import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { createHmac, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemEnvironment, systemTimers, timersFrom } from '../../environment/index.ts'
import { isArchipelError } from '../../errors/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { jwtAuthenticator } from './jwt-authenticator.ts'

const ISSUER = 'https://idp.test'
const AUDIENCE = 'shop'
const START_MS = Date.UTC(2026, 0, 1)
const SECONDS = START_MS / 1_000
const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  iat: SECONDS,
  exp: SECONDS + 3_600,
  roles: ['customer'],
  scope: 'read write',
}

const ours = await generateKeyPair('EdDSA', { extractable: true })
const theirs = await generateKeyPair('EdDSA', { extractable: true })
const rsa = await generateKeyPair('RS256', { extractable: true })
const OUR_JWK = { ...(await exportJWK(ours.publicKey)), kid: 'k1' }
const THEIR_JWK = { ...(await exportJWK(theirs.publicKey)), kid: 'k2' }

function sign(
  claims: JWTPayload | Record<string, unknown> = CLAIMS,
  header: Record<string, unknown> = {},
  key = ours.privateKey,
): Promise<string> {
  return new SignJWT(claims as JWTPayload)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(key)
}

/** Signs exactly these texts, however odd they are. */
async function signRaw(header: string, payload: string): Promise<string> {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const signature = await crypto.subtle.sign('Ed25519', ours.privateKey, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

function harness() {
  const time = { ms: 0 }
  const source: { keys: unknown; asked: number; fail: boolean } = { keys: [OUR_JWK], asked: 0, fail: false }
  const environment = systemEnvironment({
    clock: { now: () => START_MS + time.ms, monotonic: () => time.ms },
  })
  const authenticate = jwtAuthenticator({
    issuer: ISSUER,
    audience: AUDIENCE,
    environment,
    log: quietTelemetry().log,
    keys: async () => {
      source.asked++
      await new Promise((resolve) => setImmediate(resolve))
      if (source.fail) throw new Error('down')
      return { keys: source.keys as unknown[] }
    },
  })
  const outcome = async (token: string, scheme = 'Bearer') => {
    try {
      return (await authenticate(`${scheme} ${token}`)).principal.id
    } catch (error) {
      return isArchipelError(error) ? error.code : error
    }
  }
  return { time, source, authenticate, outcome }
}

test('a valid token gives its principal; the second time from memory, without a promise', async () => {
  const { authenticate, outcome } = harness()
  const token = await sign()
  const identity = {
    principal: { id: 'user-1', roles: ['customer'], scopes: ['read', 'write'] },
    endsAtMs: CLAIMS.exp * 1_000,
  }
  expect(await authenticate(`Bearer ${token}`)).toEqual(identity)
  expect(authenticate(`Bearer ${token}`)).toEqual(identity)
  expect(await outcome(await sign({ ...CLAIMS, aud: ['other', AUDIENCE] }))).toBe('user-1')
  expect(await outcome(await sign(CLAIMS, { typ: 'JWT' }), 'bearer')).toBe('user-1')
})

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signature = 'A'.repeat(86)
const pem = createPublicKey({
  key: (await exportJWK(rsa.publicKey)) as Record<string, string>,
  format: 'jwk',
}).export({ type: 'spki', format: 'pem' })

function hmac(secret: string | Buffer): string {
  const input = `${b64({ alg: 'HS256', kid: 'k1' })}.${b64(CLAIMS)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const changed = (claims: Record<string, unknown>) => () => sign({ ...CLAIMS, ...claims })
const headed = (header: Record<string, unknown>) => () => sign(CLAIMS, header)

const REFUSED: readonly [string, () => string | Promise<string>][] = [
  ...['none', 'None', 'nOnE', '', 'HS256', 'RS256', 'ES256', 'Ed25519', 'eddsa', null, ['EdDSA']].map(
    (alg): [string, () => string] => [
      `D1 alg ${JSON.stringify(alg)}`,
      () => `${b64({ alg, kid: 'k1' })}.${b64(CLAIMS)}.${signature}`,
    ],
  ),
  ['D1 no alg', () => `${b64({ kid: 'k1' })}.${b64(CLAIMS)}.${signature}`],
  ['D1 an empty signature', async () => `${(await sign()).split('.').slice(0, 2).join('.')}.`],
  ['D1 two parts', async () => (await sign()).split('.').slice(0, 2).join('.')],
  ['D2 HS256 with our public key', () => hmac(Buffer.from(OUR_JWK.x ?? '', 'base64url'))],
  ['D2 HS256 with a PEM', () => hmac(pem)],
  ['D2 HS256 with a PEM after a line feed', () => hmac(`\n ${pem.toString()}`)],
  [
    'D3 RS256',
    () => new SignJWT(CLAIMS).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(rsa.privateKey),
  ],
  ['D3 a signature of zeros', async () => `${(await sign()).split('.').slice(0, 2).join('.')}.${signature}`],
  ['D3 the key of somebody else', () => sign(CLAIMS, {}, theirs.privateKey)],
  ...[
    '../../dev/null',
    "' or 1=1 --",
    'k'.repeat(10_240),
    7,
    ['k1'],
    '__proto__',
    'constructor',
    '',
    null,
  ].map((kid): [string, () => string] => [
    `D4 kid ${JSON.stringify(kid).slice(0, 30)}`,
    () => `${b64({ alg: 'EdDSA', kid })}.${b64(CLAIMS)}.${signature}`,
  ]),
  ['D4 no kid', headed({ kid: undefined })],
  ['D5 jku', headed({ jku: 'https://evil.test/keys' })],
  ['D5 x5u', headed({ x5u: 'https://evil.test/cert' })],
  ['D5 jwk', headed({ jwk: OUR_JWK })],
  ['D5 x5c', headed({ x5c: ['AAAA'] })],
  ['D6 crit', () => signRaw('{"alg":"EdDSA","kid":"k1","crit":["exp"]}', JSON.stringify(CLAIMS))],
  ['D6 b64 false', () => signRaw('{"alg":"EdDSA","kid":"k1","b64":false}', JSON.stringify(CLAIMS))],
  ['D6 zip', headed({ zip: 'DEF' })],
  ['D6 five parts', () => ['a', 'b', 'c', 'd', 'e'].join('.')],
  ['D6 the JSON form', async () => JSON.stringify({ payload: 'x', signature: await sign() })],
  ['D6 nested', async () => signRaw('{"alg":"EdDSA","kid":"k1","cty":"JWT"}', await sign())],
  ['D7 past exp', changed({ exp: SECONDS - 31 })],
  ['D7 exp missing', changed({ exp: undefined })],
  ['D7 exp as text', changed({ exp: String(SECONDS + 60) })],
  [
    'D7 exp 1e400',
    () => signRaw('{"alg":"EdDSA","kid":"k1"}', JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e400')),
  ],
  ['D7 exp negative', changed({ exp: -1 })],
  ['D7 exp in milliseconds', changed({ exp: START_MS + 1e12 })],
  ['D7 future nbf', changed({ nbf: SECONDS + 61 })],
  ['D7 future iat', changed({ iat: SECONDS + 61 })],
  ['D8 other aud', changed({ aud: 'shop2' })],
  ['D8 aud without us', changed({ aud: ['a', 'b'] })],
  ['D8 aud with odd items', changed({ aud: [AUDIENCE, 7] })],
  ['D8 no aud', changed({ aud: undefined })],
  ['D8 iss prefix-like', changed({ iss: `${ISSUER}.evil` })],
  ['D8 iss list', changed({ iss: [ISSUER] })],
  ['D8 an id token', headed({ typ: 'id+jwt' })],
  ['D10 100 KB', changed({ pad: 'x'.repeat(100_000) })],
  ['D10 padding', async () => `${await sign()}=`],
  ['D10 a line feed', async () => (await sign()).replace('.', '.\n')],
  ['D10 a plus', async () => (await sign()).replace('.', '+.')],
  [
    'D10 sub twice',
    () => signRaw('{"alg":"EdDSA","kid":"k1"}', JSON.stringify(CLAIMS).replace('{', '{"sub":"admin",')),
  ],
  ['D10 kid twice', () => signRaw('{"alg":"EdDSA","kid":"k2","kid":"k1"}', JSON.stringify(CLAIMS))],
  ['D10 no JSON', () => signRaw('{"alg":"EdDSA","kid":"k1"}', 'hello')],
  ['D10 an array', () => signRaw('{"alg":"EdDSA","kid":"k1"}', '[]')],
  ['no sub', changed({ sub: undefined })],
  ['sub with a line feed (C7)', changed({ sub: 'a\nX-Admin: 1' })],
  ['roles as text', changed({ roles: 'admin' })],
  ['roles with odd items', changed({ roles: [{ admin: true }] })],
]

test.each(REFUSED)('refuses %s', async (_case, make) => {
  const { outcome } = harness()
  expect(await outcome(await make())).toBe('ARC_UNAUTHENTICATED')
  // The control: the same authenticator accepts the honest token.
  expect(await outcome(await sign())).toBe('user-1')
})

test.each(['', 'Bearer', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'Bearer a, Bearer b'])(
  'refuses the header %j',
  async (header) => {
    const { authenticate } = harness()
    expect(() => authenticate(header)).toThrow(expect.objectContaining({ code: 'ARC_UNAUTHENTICATED' }))
  },
)

test('no mutation of one character is accepted', async () => {
  const { outcome } = harness()
  const token = await sign()
  for (let index = 0; index < token.length; index += 3) {
    // The last character of a part may carry unused bits: jose refuses or decodes it to the same bytes.
    if (token[index] === '.' || token[index + 1] === '.' || index === token.length - 1) continue
    const other = token[index] === 'A' ? 'B' : 'A'
    expect(await outcome(token.slice(0, index) + other + token.slice(index + 1)), `at ${index}`).toBe(
      'ARC_UNAUTHENTICATED',
    )
  }
})

describe('keys', () => {
  test('D11: a flood of unknown ids asks the source once per cool-down', async () => {
    const { outcome, source, time } = harness()
    await outcome(await sign())
    const before = source.asked
    time.ms += 31_000
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        outcome(`${b64({ alg: 'EdDSA', kid: `x${index}` })}.${b64(CLAIMS)}.${signature}`),
      ),
    )
    for (let index = 0; index < 50; index++)
      await outcome(`${b64({ alg: 'EdDSA', kid: `y${index}` })}.${b64(CLAIMS)}.${signature}`)
    expect(source.asked - before).toBe(1)
  })

  test('D11: a token that comes before there is any key keeps the first key from nobody', async () => {
    const { outcome, source, time } = harness()
    source.keys = []
    const early = `${b64({ alg: 'EdDSA', kid: 'x' })}.${b64(CLAIMS)}.${signature}`
    expect(await outcome(early)).toBe('ARC_UNAVAILABLE')
    source.keys = [OUR_JWK]
    // Never "not valid" of a token that is: one who is told to come again comes again.
    expect(await outcome(await sign())).toBe('ARC_UNAVAILABLE')
    time.ms += 501
    expect(await outcome(await sign())).toBe('user-1')
    expect(await outcome(early)).toBe('ARC_UNAUTHENTICATED')
  })

  test('rotation: a new id is asked for, tokens of both keys hold', async () => {
    const { outcome, source, time } = harness()
    expect(await outcome(await sign())).toBe('user-1')
    source.keys = [OUR_JWK, THEIR_JWK]
    time.ms += 30_001
    expect(await outcome(await sign(CLAIMS, { kid: 'k2' }, theirs.privateKey))).toBe('user-1')
    expect(await outcome(await sign())).toBe('user-1')
  })

  test('D12: a key that was withdrawn is refused, also for tokens in memory', async () => {
    const { outcome, source, time } = harness()
    const token = await sign()
    expect(await outcome(token)).toBe('user-1')
    source.keys = [THEIR_JWK]
    time.ms += 60_001
    await outcome(token)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await outcome(token)).toBe('ARC_UNAUTHENTICATED')
  })

  test('D12: another key under the same id ends the tokens of the first', async () => {
    const { outcome, source, time } = harness()
    const token = await sign()
    expect(await outcome(token)).toBe('user-1')
    source.keys = [{ ...THEIR_JWK, kid: 'k1' }]
    time.ms += 60_001
    await outcome(token)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await outcome(token)).toBe('ARC_UNAUTHENTICATED')
  })

  test('a token in memory ends at its exp', async () => {
    const { outcome, time } = harness()
    const token = await sign({ ...CLAIMS, exp: SECONDS + 10 })
    expect(await outcome(token)).toBe('user-1')
    time.ms += 41_000
    expect(await outcome(token)).toBe('ARC_UNAUTHENTICATED')
  })

  test('D11: with the source down old keys serve for ten minutes, then it is 503, never 200', async () => {
    const { outcome, source, time } = harness()
    const token = await sign()
    expect(await outcome(token)).toBe('user-1')
    source.fail = true
    time.ms += 500_000
    expect(await outcome(token)).toBe('user-1')
    time.ms += 101_000
    expect(await outcome(token)).toBe('ARC_UNAVAILABLE')
    source.fail = false
    time.ms += 1_000
    expect(await outcome(token)).toBe('user-1')
  })

  test('D11: a source that never answers is given up, and the request with it', async () => {
    const environment = systemEnvironment({
      timers: timersFrom((delayMs, action) => systemTimers.after(delayMs / 100, action)),
    })
    const authenticate = jwtAuthenticator({
      issuer: ISSUER,
      audience: AUDIENCE,
      environment,
      log: quietTelemetry().log,
      keys: () => new Promise(() => undefined),
    })
    await expect(authenticate(`Bearer ${await sign()}`)).rejects.toMatchObject({ code: 'ARC_UNAVAILABLE' })
  })

  test.each([
    ['no list', 'nonsense'],
    ['10,000 keys', Array.from({ length: 10_000 }, (_, index) => ({ ...OUR_JWK, kid: `${index}` }))],
    ['a secret key', [{ kty: 'oct', k: 'AAAA', kid: 'k1' }]],
    ['an encryption key', [{ ...OUR_JWK, use: 'enc' }]],
    ['a key of another algorithm', [{ ...OUR_JWK, alg: 'ES256' }]],
  ])('D11: a set with %s opens nothing', async (_case, keys) => {
    const { outcome, source } = harness()
    source.keys = keys
    expect(await outcome(await sign())).toMatch(/ARC_UN/)
  })
})
