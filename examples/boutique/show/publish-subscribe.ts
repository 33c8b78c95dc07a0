import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const letters = async () =>
    (await shop.query('select order_id as id from mailroom.letters')).map(({ id }) => id)
  const sold = async () => (await shop.door.get('/stock/MUG')).expect(200).sold

  say('An order completes. Its service publishes that once and knows nobody who listens.')
  const first = await ann.order('MUG', 3)
  see('the order', (await shop.ended(first)).status, 'completed')
  await seeSoon('inventory heard it and sold the goods', sold, 3)
  await seeSoon('the mailroom heard it and wrote a letter', letters, [first])

  say('The mailroom runs out of paper. It holds up neither the publisher nor the other subscriber.')
  await shop.query('update mailroom.printer set has_paper = false')
  const second = await ann.order('MUG', 4)
  see('the next order', (await shop.ended(second)).status, 'completed')
  await seeSoon('inventory heard it', sold, 7)
  see('no letter yet', await letters(), [first])

  say('Every event is accounted for, for each subscription.')
  await seeSoon(
    'drift of all subscriptions',
    async () => {
      const { items }: { items: { drift: number }[] } = (
        await shop.operations.get('/delivery?recount=true')
      ).expect(200)
      return Math.max(...items.map(({ drift }) => Math.abs(drift)))
    },
    0,
  )
}
