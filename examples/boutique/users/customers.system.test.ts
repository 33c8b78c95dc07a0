import { describePlacements, createSkippableTime } from 'archipel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShop, type Person, type TestShop } from '../testing.ts'
import { users } from './contract.ts'

const HOUR_MS = 60 * 60 * 1000
const ADDRESS = {
  name: 'Ada Lovelace',
  street: '12 St James’s Square',
  city: 'London',
  postcode: 'SW1Y 4JH',
  country: 'United Kingdom',
}
const CARD = { label: 'my card', brand: 'visa', last4: '4242', token: 'tok_ok' }

describePlacements('customers', ({ options }) => {
  const time = createSkippableTime()
  let shop: TestShop
  let ada: Person
  let bob: Person
  beforeAll(async () => {
    shop = await startShop({ ...options, time })
    ada = await shop.customer()
    bob = await shop.customer()
  })
  afterAll(() => shop[Symbol.asyncDispose]())

  test('a profile is changed by its owner, and read back', async () => {
    const profile = { name: 'Ada', country: 'United Kingdom' }
    expect((await ada.put('/users/me', profile)).expect(200)).toMatchObject(profile)
    expect((await ada.get('/users/me')).expect(200)).toMatchObject({ id: ada.id, ...profile })
    expect((await shop.door.put('/users/me', profile)).status).toBe(401)
  })

  test.each(['A\r\nBcc: x@example.com', 'A\u0085B', 'A\u2028B'])(
    'a name is one line: %j is refused',
    async (name) => {
      const answer = await ada.put('/users/me', { name, country: null })
      expect(answer.expect(400).details.issues[0].path).toBe('name')
    },
  )

  describe('addresses', () => {
    test('are added, read, changed and removed by their owner alone', async () => {
      const added = (await ada.post('/users/me/addresses', ADDRESS)).expect(201)
      const path = `/users/me/addresses/${added.id}`
      const moved = { ...ADDRESS, street: '1 Marylebone Road' }
      expect((await ada.get(path)).expect(200)).toMatchObject({ userId: ada.id, address: ADDRESS })
      for (const answer of [await bob.get(path), await bob.put(path, moved), await bob.ask('DELETE', path)])
        expect([answer.status, answer.body.code]).toEqual([404, 'ADDRESS_NOT_FOUND'])
      expect((await ada.put(path, moved)).expect(200).address).toEqual(moved)
      const remove = () => ada.ask('DELETE', path, { headers: { 'idempotency-key': `remove-${added.id}` } })
      expect([(await remove()).status, (await remove()).status]).toEqual([200, 200])
      expect((await ada.get(path)).status).toBe(404)
    })

    test('come in pages, the latest first', async () => {
      const person = await shop.customer()
      const ids: string[] = []
      for (let number = 0; number < 5; number++)
        ids.unshift((await person.post('/users/me/addresses', ADDRESS)).expect(201).id)
      const seen: string[] = []
      let cursor = ''
      do {
        const { items, next } = (await person.get(`/users/me/addresses?limit=2${cursor}`)).expect(200)
        seen.push(...items.map(({ id }: { id: string }) => id))
        cursor = next === null ? '' : `&cursor=${next}`
      } while (cursor !== '')
      expect(seen).toEqual(ids)
      expect((await bob.get('/users/me/addresses')).expect(200).items).toEqual([])
    })
  })

  describe('ways to pay', () => {
    test('are shown without their token, and to their owner alone', async () => {
      const added = await ada.post('/users/me/payment-methods', CARD)
      expect(added.expect(201)).toMatchObject({ userId: ada.id, label: 'my card', last4: '4242' })
      const listed = await ada.get('/users/me/payment-methods')
      expect(listed.expect(200).items).toHaveLength(1)
      expect(added.text + listed.text).not.toContain('tok_ok')
      expect((await bob.get('/users/me/payment-methods')).expect(200).items).toEqual([])
      const path = `/users/me/payment-methods/${added.body.id}`
      expect((await bob.ask('DELETE', path)).status).toBe(404)
      expect((await ada.ask('DELETE', path)).status).toBe(200)
    })

    test.each(['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242'])(
      'are never card numbers: %s is refused',
      async (token) => {
        const answer = await ada.post('/users/me/payment-methods', { ...CARD, token })
        expect(answer.expect(400).details.issues[0].path).toBe('token')
      },
    )
  })

  test('an order gets what its customer has, and nothing of another', async () => {
    const inside = shop.application.client(users)
    const { id: addressId } = (await ada.post('/users/me/addresses', ADDRESS)).expect(201)
    const { id: methodId } = (await ada.post('/users/me/payment-methods', CARD)).expect(201)
    expect(await inside.getForOrder({ customerId: ada.id, addressId, methodId })).toEqual({
      address: ADDRESS,
      token: 'tok_ok',
    })
    expect(await inside.getForOrder({ customerId: ada.id })).toEqual({ address: null, token: null })
    await expect(inside.getForOrder({ customerId: bob.id, addressId })).rejects.toMatchObject({
      code: 'ADDRESS_NOT_FOUND',
    })
    await expect(inside.getForOrder({ customerId: bob.id, methodId })).rejects.toMatchObject({
      code: 'METHOD_NOT_FOUND',
    })
    expect((await shop.door.post('/users/getForOrder', {})).status).toBe(404)
  })

  test('a person is written to by their address and name', async () => {
    const inside = shop.application.client(users)
    expect(await inside.getContact({ id: bob.id })).toEqual({ email: bob.email, name: 'A customer' })
    await expect(inside.getContact({ id: crypto.randomUUID() })).rejects.toMatchObject({
      code: 'CUSTOMER_NOT_FOUND',
    })
  })

  describe('a customer of a trader', () => {
    let trader: Person
    let support: Person
    beforeAll(async () => {
      trader = await shop.staff('trade')
      support = await shop.staff('support')
    })
    let number = 0
    const imported = (further: object = {}) => {
      const externalReference = `customer-${++number}-${ada.id}`
      const email = `${externalReference}@traders.example`
      return { externalReference, name: 'Imported', email, country: 'EIRE', ...further }
    }

    test('is one for each reference: the same again answers it, other content is a conflict', async () => {
      const customer = imported()
      const { id } = (await trader.post('/trade/customers', customer)).expect(200)
      expect((await trader.post('/trade/customers', customer)).expect(200).id).toBe(id)
      const other = await trader.post('/trade/customers', { ...customer, country: 'France' })
      expect(other.expect(409)).toMatchObject({ code: 'REFERENCE_TAKEN', details: { id } })
      const second = await shop.staff('trade')
      const taken = await second.post('/trade/customers', customer)
      expect([taken.status, taken.body.code]).toEqual([409, 'EMAIL_TAKEN'])
      expect((await ada.post('/trade/customers', imported())).status).toBe(403)
    })

    test('is one when it is brought several times at once', async () => {
      const customer = imported()
      const tries = Array.from({ length: 8 }, () => trader.post('/trade/customers', customer))
      const ids = (await Promise.all(tries)).map((answer) => answer.expect(200).id)
      expect(new Set(ids).size).toBe(1)
    })

    test('cannot sign in until a password is set with a secret that support gave out, which is good once', async () => {
      const { email, ...rest } = imported()
      const { id } = (await trader.post('/trade/customers', { email, ...rest })).expect(200)
      const password = 'my first password'
      expect((await shop.door.post('/sessions', { email, password: '' })).status).toBe(401)
      expect((await shop.door.post('/sessions', { email, password })).status).toBe(401)
      const [found] = (await support.get(`/users?email=${encodeURIComponent(email)}`)).expect(200).items
      expect(found.id).toBe(id)
      const issue = () => support.post(`/users/${id}/password-secrets`, {})
      const former = (await issue()).expect(201).secret
      const { secret } = (await issue()).expect(201)
      expect((await shop.door.post('/passwords', { secret: former, password })).status).toBe(422)
      ;(await shop.door.post('/passwords', { secret, password })).expect(201)
      await shop.signIn({ email, password })
      const again = await shop.door.post('/passwords', { secret, password: 'another password' })
      expect([again.status, again.body.code]).toEqual([422, 'SECRET_WRONG'])
      expect((await issue()).expect(409).code).toBe('PASSWORD_SET')
    })

    test('sets no password with a secret that is a day old', async () => {
      const { id } = (await trader.post('/trade/customers', imported())).expect(200)
      const { secret } = (await support.post(`/users/${id}/password-secrets`, {})).expect(201)
      time.skip(25 * HOUR_MS)
      const late = await shop.door.post('/passwords', { secret, password: 'too late for this' })
      expect(late.expect(422).code).toBe('SECRET_WRONG')
      // Their tokens ended meanwhile.
      trader = await shop.signIn(trader)
      support = await shop.signIn(support)
      ada = await shop.signIn(ada)
    })

    test('gets a secret from support alone, and nobody gets one for an account that is used', async () => {
      expect((await trader.post(`/users/${ada.id}/password-secrets`, {})).status).toBe(403)
      for (const { id } of [ada, trader])
        expect((await support.post(`/users/${id}/password-secrets`, {})).expect(409).code).toBe(
          'PASSWORD_SET',
        )
      const nobody = await support.post(`/users/${crypto.randomUUID()}/password-secrets`, {})
      expect(nobody.expect(404).code).toBe('USER_NOT_FOUND')
    })

    test('costs no hash of a password', async () => {
      const { id } = (await trader.post('/trade/customers', imported())).expect(200)
      const [row] = await shop.application.query(`select password_hash from users.users where id = '${id}'`)
      expect(row).toEqual({ password_hash: null })
    })
  })
})
