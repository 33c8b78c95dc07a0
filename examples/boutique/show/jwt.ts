import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../users/tokens.ts'
import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const ask = async (token: string) =>
    (await shop.door.ask('GET', '/users/me', { headers: { authorization: `Bearer ${token}` } })).status
  const [head = '', body = '', signature = ''] = ann.token.split('.')

  say('Ann signs in and gets a token, signed by the users service with a key that never leaves its tables.')
  see('its header', pick(head, 'alg', 'typ'), { alg: 'EdDSA', typ: 'at+jwt' })
  see('its claims', pick(body, 'iss', 'aud', 'roles'), {
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    roles: ['customer'],
  })
  see('with it', await ask(ann.token), 200)

  say('Whatever is changed, the gateway notices.')
  const promoted = encode({ ...decode(body), roles: ['merchandiser'] })
  see('another role, the old signature', await ask(`${head}.${promoted}.${signature}`), 401)
  see('no signature, alg: none', await ask(`${encode({ alg: 'none', typ: 'at+jwt' })}.${promoted}.`), 401)
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const forged = (kid: unknown) =>
    new SignJWT(decode(body))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: String(kid) })
      .sign(privateKey)
  see('signed by somebody else under our key’s name', await ask(await forged(decode(head)['kid'])), 401)
  const hmac = await new SignJWT(decode(body))
    .setProtectedHeader({ alg: 'HS256', kid: String(decode(head)['kid']) })
    .sign(Buffer.from(JSON.stringify(await exportJWK(privateKey))))
  see('another algorithm', await ask(hmac), 401)
  see('none at all', (await shop.door.get('/users/me')).status, 401)
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function encode(claims: object): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

function pick(part: string, ...names: string[]): object {
  const all = decode(part)
  return Object.fromEntries(names.map((name) => [name, all[name]]))
}
