import { openShop, type Person, type Shop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const callOff = (id: string) => ann.post(`/orders/${id}/cancellation`, {})

  say(
    'Ann calls an order off while the processor keeps her waiting: nothing is paid yet, so all of it is undone.',
  )
  const early = await ann.order('MUG', 2, 'tok_slow')
  see('she is answered at once', (await callOff(early)).status, 202)
  await seeSoon('her request', () => answerTo(ann, early), 'cancelled')
  await seeSoon('pieces available', () => available(shop), 100)

  say(
    'The next one is paid before she calls it off. The host is killed when the money is back and nobody knows yet.',
  )
  shop.signal('SIGTERM')
  await shop.startAgain({ killAt: 'saga.refundPayment.answered' })
  const paid = await ann.order('MUG', 3)
  await shop.ended(paid)
  // The answer may be lost with the host.
  await callOff(paid).catch(() => undefined)
  see('the host ended by', await shop.over, 'SIGKILL')
  await shop.startAgain()
  await seeSoon('after a new start, her request', () => answerTo(ann, paid), 'refunded')
  see('the money went once and came back once', await shop.books(paid), {
    captured: 3_750,
    captures: 1,
    refunded: 3_750,
    held: 0,
  })
  await seeSoon('pieces available', () => available(shop), 100)

  say('What has left the house is not called off.')
  const gone = await ann.order('MUG', 1)
  await shop.ended(gone)
  const shipment = (await ann.get(`/orders/${gone}/shipment`)).expect(200)
  const warehouse = await shop.signIn('warehouse')
  ;(await warehouse.post(`/shipments/${shipment.id}/dispatch`, {})).expect(200)
  await seeSoon('her order', async () => (await ann.get(`/orders/${gone}`)).expect(200).status, 'dispatched')
  see('the answer', (await callOff(gone)).expect(409).code, 'ALREADY_DISPATCHED')
}

async function answerTo(person: Person, orderId: string): Promise<string> {
  return (await person.get(`/orders/${orderId}/cancellation`)).expect(200).status
}

async function available({ door }: Shop): Promise<number> {
  return (await door.get('/stock/MUG')).expect(200).available
}
