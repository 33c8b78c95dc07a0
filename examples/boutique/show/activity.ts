import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const takenOnce = { captured: 1_250, captures: 1, refunded: 0, held: 0 }

  say(
    'The processor takes the money and cuts the line. Nobody guesses: payments looks the outcome up by its key.',
  )
  const lost = await ann.order('MUG', 1, 'tok_capture_lost')
  see('her order', (await shop.ended(lost)).status, 'completed')
  see('the processor', await shop.books(lost), takenOnce)

  say('The host is killed when the processor has taken the money and nothing of that is written down.')
  shop.signal('SIGTERM')
  await shop.startAgain({ killAt: 'activity.capture.effect-known' })
  const id = await ann.order('MUG', 1)
  see('it ended by', await shop.over, 'SIGKILL')
  const [{ status } = {}] = await shop.query('select status from payments.payments where order_id = $1', id)
  see('what payments knows', status, 'authorised')

  say('Started again: the intent is there, so the effect is repeated under the same key.')
  await shop.startAgain()
  see('her order', (await shop.ended(id)).status, 'completed')
  see('the processor', await shop.books(id), takenOnce)
}
