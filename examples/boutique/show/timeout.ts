import { randomUUID } from 'node:crypto'
import { eventually } from 'archipel/testing'
import { openShop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say(
    'The processor holds the money but answers after 5 s. Payments waits half a second, then looks up what happened.',
  )
  const began = performance.now()
  const id = await ann.order('MUG', 1, 'tok_slow')
  see('her order', (await shop.ended(id)).status, 'completed')
  const seconds = (performance.now() - began) / 1000
  seeThat(`it took ${seconds.toFixed(1)} s, not 5`, seconds < 4)
  see('the processor', await shop.books(id), { captured: 1_250, captures: 1, refunded: 0, held: 0 })

  say(
    'A customer who gives an order 1 ms hears that the time is over and that the outcome is not known, never a guess.',
  )
  const key = randomUUID()
  const order = JSON.stringify({ lines: [{ sku: 'MUG', quantity: 1 }], payment: { token: 'tok_ok' } })
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const hurried = await ann.ask('POST', '/orders', {
    raw: order,
    headers: { ...headers, 'archipel-deadline': '1' },
  })
  see('the answer', [hurried.status, hurried.body.code], [504, 'ARC_DEADLINE'])
  const patient = await eventually(async () => {
    const answer = await ann.ask('POST', '/orders', { raw: order, headers })
    return answer.status === 202 ? answer : undefined
  })
  see('asked again under the same key', patient.status, 202)
  see('her orders', (await ann.get('/orders')).expect(200).items.length, 2)
}
