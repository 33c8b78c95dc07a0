import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto'
import { z } from 'zod'
import { openShopDatabase } from '../drill/shop-database.ts'
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../users/tokens.ts'

/** A token that must open nothing, by what is wrong with it. */
export interface Forgery {
  readonly what: string
  readonly token: string
}

type Part = Readonly<Record<string, unknown>> | string

const SigningKey = z.object({ kid: z.string(), d: z.string(), x: z.string() })
type SigningKey = z.infer<typeof SigningKey>

/** The pair of RFC 8037, appendix A: a key that stands in many a tutorial. */
const TUTORIAL = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
const TUTORIAL_IDS = [
  'tutorial',
  'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  '1',
  'default',
  '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
]

/** The key that the shop signs with. No attacker has it: with it, claims are forged that the shop itself might sign for something else. */
export async function readSigningKey(dataFolder: string): Promise<SigningKey> {
  const database = await openShopDatabase(dataFolder)
  const { rows } = await database
    .query(`select kid, private_key->>'d' as d, private_key->>'x' as x from users.signing_keys`)
    .finally(() => database.end())
  return SigningKey.parse(rows[0])
}

const encoded = (part: Part) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

function signed(header: Part, claims: Part, key: KeyObject): string {
  const input = `${encoded(header)}.${encoded(claims)}`
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}

const nowSeconds = () => Math.floor(Date.now() / 1_000)

/** The claims of an operator, as the shop would write them. */
function claimsOf(sub: string): Record<string, unknown> {
  const iat = nowSeconds()
  return {
    roles: ['operator', 'support'],
    sub,
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    jti: randomUUID(),
    iat,
    exp: iat + 3_600,
  }
}

/** Tokens that nobody with the shop's key has signed. */
export function strangersTokens(honest: string, sub: string, { kid, x }: SigningKey): Forgery[] {
  const [head = '', body = '', signature = ''] = honest.split('.')
  const claims = claimsOf(sub)
  const mine = generateKeyPairSync('ed25519')
  const jwk = { ...mine.publicKey.export({ format: 'jwk' }), kid }
  const pem = mine.publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const [none, other] = [encoded(claims), 'A'.repeat(86)]
  const tutorial = createPrivateKey({ key: TUTORIAL, format: 'jwk' })
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid }
  const hmac = (secret: string | Buffer, alg = 'HS256') => {
    const input = `${encoded({ ...header, alg })}.${none}`
    return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')}`
  }
  const forged = (what: string, further: object, key = mine.privateKey) => ({
    what,
    token: signed({ ...header, ...further }, claims, key),
  })
  return [
    ...['none', 'None', 'nOnE', 'NONE', '', 'EdDSA'].flatMap((alg) =>
      ['', other, signature].map((end) => ({
        what: `alg ${alg || 'empty'}`,
        token: `${encoded({ ...header, alg })}.${none}.${end}`,
      })),
    ),
    ...[x, Buffer.from(x, 'base64url'), pem, ` ${pem}`, JSON.stringify(jwk), kid, ''].flatMap((secret) =>
      ['HS256', 'HS512'].map((alg) => ({ what: `${alg} with the public key`, token: hmac(secret, alg) })),
    ),
    { what: 'other claims under a signature', token: `${head}.${none}.${signature}` },
    { what: 'a signature of zeros', token: `${head}.${none}.${other}` },
    {
      what: 'another header under a signature',
      token: `${encoded({ ...header, a: 1 })}.${body}.${signature}`,
    },
    ...['jku', 'x5u'].map((name) => forged(name, { [name]: 'http://127.0.0.1:1/keys' })),
    forged('a key in the header', { jwk }),
    forged('a certificate in the header', { x5c: [other] }),
    forged('critical extensions', { crit: ['exp'], exp: 1 }),
    forged('unencoded', { b64: false, crit: ['b64'] }),
    forged('compressed', { zip: 'DEF' }),
    ...[
      kid,
      `${kid}\0`,
      ` ${kid}`,
      '../../../dev/null',
      `' union select '${x}' --`,
      '__proto__',
      'constructor',
      '',
      'k'.repeat(5_000),
    ].map((id) => forged(`kid ${JSON.stringify(id).slice(0, 30)}`, { kid: id })),
    ...[0, [kid], { kid }, null].map((id) => forged(`kid ${JSON.stringify(id)}`, { kid: id })),
    ...TUTORIAL_IDS.map((id) => forged('a key of a tutorial', { kid: id }, tutorial)),
    {
      what: 'a JWS as JSON',
      token: encoded({ payload: none, signatures: [{ protected: head, signature }] }),
    },
    { what: 'five parts', token: `${head}.${none}.${other}.${other}.${signature}` },
    { what: '1 MB', token: `${head}.${'A'.repeat(1_000_000)}.${signature}` },
  ]
}

/** Tokens of the shop's own key that were not meant to open this door, or no longer. */
export function misusedTokens(sub: string, { kid, d, x }: SigningKey): Forgery[] {
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' })
  const [header, claims, now] = [{ alg: 'EdDSA', typ: 'at+jwt', kid }, claimsOf(sub), nowSeconds()]
  const changed: readonly (readonly [string, object])[] = [
    ['it ended', { exp: now - 31 }],
    ['it ends never', { exp: undefined }],
    ['its end is a text', { exp: String(now + 3_600) }],
    ['its end is no instant', { exp: 1e300 }],
    ['it begins tomorrow', { nbf: now + 86_400 }],
    ['it was made tomorrow', { iat: now + 86_400 }],
    ['of another issuer', { iss: `${TOKEN_ISSUER}.evil` }],
    ['of a list of issuers', { iss: [TOKEN_ISSUER] }],
    ['of no issuer', { iss: undefined }],
    ['for others', { aud: `${TOKEN_AUDIENCE}s` }],
    ['for nobody', { aud: undefined }],
    ['for a list without us', { aud: ['urn:other', ''] }],
    ['roles as a text', { roles: 'operator' }],
    ['roles as an object', { roles: { 0: 'operator', length: 1 } }],
    ['roles in roles', { roles: [['operator']] }],
    ['a subject that is a list', { sub: [sub] }],
    ['no subject', { sub: undefined }],
  ]
  const text = JSON.stringify(claims)
  return [
    ...changed.map(([what, change]) => ({ what, token: signed(header, { ...claims, ...change }, key) })),
    {
      what: 'roles that come twice',
      token: signed(header, text.replace('{', '{"roles":["customer"],'), key),
    },
    { what: 'roles for a prototype', token: signed(header, text.replace('{"roles"', '{"__proto__"'), key) },
    { what: 'an identity token', token: signed({ ...header, typ: 'id+jwt' }, claims, key) },
    { what: 'another algorithm', token: signed({ ...header, alg: 'Ed448' }, claims, key) },
    {
      what: 'a header that says it twice',
      token: signed(`{"alg":"none",${JSON.stringify(header).slice(1)}`, claims, key),
    },
  ]
}
