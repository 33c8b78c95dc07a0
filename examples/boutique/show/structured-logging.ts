import { openShop } from './stage/shop.ts'
import { say, see, seeSoon, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say('Ann’s order carries a correlation id of hers. Far behind it, the mailroom fails.')
  await shop.query('update mailroom.printer set has_paper = false')
  const order = { lines: [{ sku: 'MUG', quantity: 1 }], payment: { token: 'tok_ok' } }
  const headers = { 'content-type': 'application/json', 'x-correlation-id': 'ann-1234' }
  const answer = await ann.ask('POST', '/orders', { raw: JSON.stringify(order), headers })
  see('it comes back', answer.headers.get('x-correlation-id'), 'ann-1234')
  await shop.ended(answer.expect(202).id)
  const ofAnn = () =>
    shop.log.filter(
      ({ correlationId, subscription }) => correlationId === 'ann-1234' && subscription === 'thank',
    )
  await seeSoon('the log line of the failure, found by it', async () => ofAnn().length > 0, true)
  console.log(`    ${JSON.stringify(ofAnn()[0]).slice(0, 300)} …`)

  say('Every line is JSON with level and time, and none holds what is secret.')
  seeThat(
    `${shop.log.length} lines`,
    shop.log.every(({ level, time }) => typeof level === 'string' && typeof time === 'string'),
  )
  const everything = JSON.stringify(shop.log)
  seeThat(
    'neither the token of her session nor a password',
    !everything.includes(ann.token) && !everything.includes('a password for shows'),
  )
}
