import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')

  say('All services run in one process, and one order passes through five of them.')
  const id = await ann.order('MUG', 1)
  see('it ends', (await shop.ended(id)).status, 'completed')
  const instances = new Set(shop.log.map((line) => line['instance']))
  see('processes that wrote to the log', instances.size, 1)

  say('One module breaks: the mailroom runs out of paper. Modules share a process, not a fate.')
  await shop.query('update mailroom.printer set has_paper = false')
  const second = await ann.order('MUG', 1)
  see('the next order ends all the same', (await shop.ended(second)).status, 'completed')
  await seeSoon('its stock is sold', async () => (await shop.door.get('/stock/MUG')).expect(200).sold, 2)
  await seeSoon('the letter waits for the mailroom', async () => (await deadLetters()).length, 1)

  async function deadLetters(): Promise<unknown[]> {
    return (await shop.operations.get('/dead-letters?service=mailroom')).expect(200).items
  }
}
