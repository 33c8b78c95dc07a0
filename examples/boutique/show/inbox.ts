import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  const letters = () =>
    shop.query('select order_id as id from mailroom.letters').then((rows) => rows.map(({ id }) => id))

  say('A host that will be killed when the mailroom has handled an event but not committed.')
  await using shop = await openShop({ killAt: 'messaging.before-commit mailroom.thank' })
  const ann = await shop.signIn('ann')
  const id = await ann.order('MUG', 1)
  see('it ended by', await shop.over, 'SIGKILL')
  see('letters', await letters(), [])

  say('Started again: the event comes again. This time the kill falls right after the commit.')
  await shop.startAgain({ killAt: 'messaging.after-commit mailroom.thank' })
  see('it ended by', await shop.over, 'SIGKILL')
  see('letters', await letters(), [id])

  say(
    'Started again. A delivery may be repeated; its effect is not: the table has no unique key that would hide a second.',
  )
  await shop.startAgain()
  const second = await ann.order('MUG', 1)
  await shop.ended(second)
  await seeSoon('letters, in the order of writing', letters, [id, second])
}
