import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openShop } from './stage/shop.ts'
import { say, see, seeThat } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const accepted: string[] = []
  let refused = 0
  let open = true

  say('Eight customers order without a pause. In the middle of it the host gets SIGTERM.')
  const customer = async () => {
    while (open) {
      const id = await ann.order('MUG', 1, 'tok_ok', randomUUID()).catch(() => undefined)
      if (id === undefined) refused++
      else accepted.push(id)
      if (id === undefined) await sleep(20)
    }
  }
  const customers = Promise.all(Array.from({ length: 8 }, customer))
  await sleep(300)
  const began = performance.now()
  shop.signal('SIGTERM')
  see('exit code', await shop.over, 0)
  open = false
  await customers
  seeThat(
    `${accepted.length} orders were accepted, then ${refused} refused; it stopped in ${Math.round(performance.now() - began)} ms`,
    accepted.length > 0,
  )

  say('Started again. Every accepted order ends, each once.')
  await shop.startAgain()
  const ends = new Set<string>()
  for (const id of accepted) ends.add((await shop.ended(id)).status)
  seeThat(
    `how they ended: ${[...ends].sort().join(', ')}`,
    accepted.length > 0 && [...ends].every((end) => end === 'completed' || end === 'rejected'),
  )
  const [{ count } = {}] = await shop.query('select count(*)::int as count from orders.orders')
  see('orders that exist', count, accepted.length)
}
