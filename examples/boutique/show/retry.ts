import { openShop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say(
    'The processor answers 503 twice for each key. The effect is repeated under the same key until the outcome is known.',
  )
  const flaky = await ann.order('MUG', 1, 'tok_flaky')
  see('her order', (await shop.ended(flaky)).status, 'completed')
  see('the processor', await shop.books(flaky), { captured: 1_250, captures: 1, refunded: 0, held: 0 })

  say('A refusal is an answer: it is not tried again.')
  const declined = await ann.order('MUG', 1, 'tok_declined')
  const { status, rejection } = await shop.ended(declined)
  see('her order', [status, rejection?.code], ['rejected', 'PAYMENT_DECLINED'])
  const saga = (await shop.operations.get(`/sagas/orders/fulfilOrder/${declined}`)).expect(200)
  const step = saga.steps.find(({ step }: { step: string }) => step === 'authorisePayment')
  see('times the step was asked', step.calls.length, 1)
  seeThat('its outcome is kept as a refusal', JSON.stringify(step.calls).includes('PAYMENT_DECLINED'))
}
