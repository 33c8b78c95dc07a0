import { archipel } from './stage/archipel.ts'
import { openShop } from './stage/shop.ts'
import { say, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const letters = () =>
    shop.query('select order_id as id from mailroom.letters').then((rows) => rows.map(({ id }) => id))
  const parked = async () => {
    const { items }: { items: { key: string; attempts: number; error?: string }[] } = (
      await shop.operations.get('/dead-letters')
    ).expect(200)
    // It also says at which line.
    return items.map(({ key, attempts, error }) => ({ key, attempts, error: error?.replace(/ \(at .*/, '') }))
  }

  say(
    'The printer of the mailroom has no paper: its handler fails, is tried three times, and the event is parked.',
  )
  await shop.query('update mailroom.printer set has_paper = false')
  const poor = await ann.order('MUG', 1)
  await shop.ended(poor)
  await seeSoon('dead letters', parked, [
    { key: poor, attempts: 3, error: 'Error: the printer has no paper' },
  ])

  say('Somebody brings paper. Events of other orders go on at once; the parked one waits for a person.')
  await shop.query('update mailroom.printer set has_paper = true')
  const next = await ann.order('MUG', 1)
  await shop.ended(next)
  await seeSoon('letters', letters, [next])

  say('An operator replays what is parked by npx archipel dead-letters replay, with a name and a reason.')
  const because = ['--who', 'olga', '--why', 'there is paper again']
  console.log(await archipel(shop, 'dead-letters', 'replay', 'mailroom.thank', '--key', poor, ...because))
  await seeSoon('letters, once each', letters, [next, poor])
  await seeSoon('dead letters', parked, [])
}
