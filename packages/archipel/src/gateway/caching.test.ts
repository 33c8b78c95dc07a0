import { afterEach, beforeEach, expect, test } from 'vitest'
import { orderLost, startGateway } from './gateway.fixture.ts'

let at: Awaited<ReturnType<typeof startGateway>>
beforeEach(async () => {
  at = await startGateway()
  at.fake.call = async () => ({ pence: 250 })
})
afterEach(() => at.door.close())

const TOKEN = { authorization: 'Bearer alice' }
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${at.base}${path}`, { method, headers })
const kept = ({ headers }: Response) => [headers.get('cache-control'), headers.get('vary')]

test('what is public may be kept by anybody; asked for with a token, by who asked', async () => {
  expect(kept(await get('/prices'))).toEqual(['public, max-age=5', 'Authorization'])
  expect(kept(await get('/prices', TOKEN))).toEqual(['private, max-age=5', 'Authorization'])
  expect(kept(await get('/account', TOKEN))).toEqual(['private, max-age=60', 'Authorization'])
})

test('without a rule nothing is kept: what is public is asked for anew, all else is stored nowhere', async () => {
  expect(kept(await get('/products'))).toEqual(['no-cache', 'Authorization'])
  expect(kept(await get('/orders/o-1', TOKEN))).toEqual(['no-store', null])
  expect((await get('/products')).headers.get('etag')).toBeNull()
})

test('the tag is of the bytes: the same while they are the same', async () => {
  const [first, second] = [await get('/prices'), await get('/prices')]
  const tag = first.headers.get('etag')
  expect(tag).toMatch(/^"[\w-]{43}"$/)
  expect(second.headers.get('etag')).toBe(tag)
  at.fake.call = async () => ({ pence: 251 })
  expect((await get('/prices')).headers.get('etag')).not.toBe(tag)
})

test('who has the answer already gets 304 without a body, and how long to keep it; who has another gets it all', async () => {
  const tag = (await get('/prices')).headers.get('etag') ?? ''
  for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const same = await get('/prices', { 'if-none-match': header })
    expect([same.status, await same.text()]).toEqual([304, ''])
    expect(kept(same)).toEqual(['public, max-age=5', 'Authorization'])
    expect(same.headers.get('etag')).toBe(tag)
    expect(same.headers.get('content-type')).toBeNull()
  }
  const other = await get('/prices', { 'if-none-match': '"other"' })
  expect([other.status, await other.json()]).toEqual([200, { pence: 250 }])
})

test('HEAD says all that GET says, but for the body', async () => {
  const [whole, head] = [await get('/prices'), await get('/prices', {}, 'HEAD')]
  expect(head.status).toBe(200)
  for (const name of ['etag', 'cache-control', 'content-length', 'content-type'])
    expect(head.headers.get(name)).toBe(whole.headers.get(name))
  expect(await head.text()).toBe('')
  const tag = whole.headers.get('etag') ?? ''
  expect((await get('/prices', { 'if-none-match': tag }, 'HEAD')).status).toBe(304)
})

test('an error is never kept, whatever the caller has', async () => {
  at.fake.call = async () => {
    throw orderLost('o-1')
  }
  const lost = await get('/prices', { 'if-none-match': '*' })
  expect(lost.status).toBe(404)
  expect(kept(lost)).toEqual(['no-store', null])
})
