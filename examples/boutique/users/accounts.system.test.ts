import { createSkippableTime, describePlacements } from 'archipel/testing'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectTo } from '../testing-door.ts'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from './tokens.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describePlacements('accounts', ({ options }) => {
  const MINUTE_MS = 60_000
  const time = createSkippableTime()
  let shop: TestShop
  let customer: Person
  beforeAll(async () => {
    shop = await startShop({ ...options, time })
    customer = await shop.customer()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  const withToken = (token: string) => connectTo(`${shop.application.url}/api/v1`, token)

  describe('an account', () => {
    test('is shown to whom it belongs, without its password', async () => {
      const me = await customer.get('/users/me')
      expect(me.expect(200)).toMatchObject({ id: customer.id, email: customer.email, roles: ['customer'] })
      expect(me.text).not.toMatch(/password|scrypt/i)
    })

    test('can be opened once for an address, whatever its case', async () => {
      const again = { email: customer.email.toUpperCase(), name: 'Another', password: 'another password' }
      expect((await shop.door.post('/users', again)).expect(409)).toMatchObject({ code: 'EMAIL_TAKEN' })
    })

    test('can be asked for again under the same key', async () => {
      const account = { email: 'twice@example.com', name: 'Twice', password: 'the same password' }
      const key = 'a-key-of-at-least-128-random-bits-b0f1'
      const first = await shop.door.post('/users', account, key)
      const second = await shop.door.post('/users', account, key)
      expect([first.status, second.status]).toEqual([201, 201])
      expect(second.body.id).toBe(first.body.id)
    })

    test.each([
      ['email', { email: 'nobody', name: 'N', password: 'long enough 1' }],
      ['password', { email: 'n@example.com', name: 'N', password: 'short' }],
      ['name', { email: 'n@example.com', name: '', password: 'long enough 1' }],
      ['roles', { email: 'n@example.com', name: 'N', password: 'long enough 1', roles: ['operator'] }],
    ])('a wrong %s is named', async (field, account) => {
      const answer = await shop.door.post('/users', account)
      expect(answer.expect(400).details.issues[0].path).toBe(field)
      expect(answer.text).not.toContain('long enough 1')
    })
  })

  describe('signing in', () => {
    test('tells nobody which accounts there are', async () => {
      const wrong = await shop.door.post('/sessions', { email: customer.email, password: 'wrong password' })
      const nobody = await shop.door.post('/sessions', {
        email: 'nobody@example.com',
        password: 'wrong password',
      })
      expect([wrong.status, nobody.status]).toEqual([401, 401])
      expect({ ...wrong.body, correlationId: '', instance: '' }).toEqual({
        ...nobody.body,
        correlationId: '',
        instance: '',
      })
    })

    test('is limited after five failures, also when they are tried at once, and open again later', async () => {
      const { email, password } = await shop.customer()
      const tries = Array.from({ length: 9 }, (_, index) =>
        shop.door.post('/sessions', { email, password: `guess number ${index}` }),
      )
      const statuses = (await Promise.all(tries)).map(({ status }) => status).toSorted((a, b) => a - b)
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429])
      const right = await shop.door.post('/sessions', { email, password })
      expect(right.status).toBe(429)
      expect(right.body).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' })
      // Somebody else is not held up by it.
      expect(
        (await shop.door.post('/sessions', { email: customer.email, password: customer.password })).status,
      ).toBe(201)
      time.skip(16 * MINUTE_MS)
      expect((await shop.door.post('/sessions', { email, password })).status).toBe(201)
    })

    test('gives a token that is never kept: the same key gives a new one', async () => {
      const [first, second] = [
        await shop.door.post('/sessions', customerLogin(), 'one-key'),
        await shop.door.post('/sessions', customerLogin(), 'one-key'),
      ]
      expect(first.expect(201).token).not.toBe(second.expect(201).token)
      expect(first.headers.get('cache-control')).toBe('no-store')
      const kept = await shop.application.query('select * from users.archipel_idempotency')
      expect(JSON.stringify(kept)).not.toContain(first.body.token.split('.')[2])
    })
  })

  const customerLogin = () => ({ email: customer.email, password: customer.password })

  describe('a token', () => {
    test('is good for one hour', async () => {
      const person = await shop.signIn(customer)
      time.skip(59 * MINUTE_MS)
      expect((await person.get('/users/me')).status).toBe(200)
      time.skip(2 * MINUTE_MS)
      expect((await person.get('/users/me')).status).toBe(401)
    })

    test.each([
      ['none', () => ''],
      ['one of another key', () => signed({})],
      ['one with alg none', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims())}.`],
      ['one whose subject was changed', () => changed(customer.token)],
      ['one without a signature', () => customer.token.split('.').slice(0, 2).join('.') + '.'],
      ['text', () => 'hello'],
    ])('%s is refused', async (_, make) => {
      const answer = await withToken(await make()).get('/orders')
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    })
  })

  const claims = () => ({
    sub: customer.id,
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    roles: ['customer'],
    exp: Math.floor(time.clock.now() / 1000) + 600,
  })
  async function signed(header: Record<string, string>): Promise<string> {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const [known] = await shop.application.query('select kid from users.signing_keys')
    return new SignJWT(claims())
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: String(known?.['kid']), ...header })
      .sign(privateKey)
  }
})

function changed(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const said: object = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return [header, part({ ...said, roles: ['support'] }), signature].join('.')
}
