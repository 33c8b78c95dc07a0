import { fetch } from 'undici'
import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const value = async (line: string) => {
    const text = (await shop.operations.get('/metrics')).text
    const found = text.split('\n').find((row) => row.startsWith(line))
    return found === undefined ? 0 : Number(found.split(' ').at(-1))
  }
  const placed = 'archipel_calls_total{service="orders",operation="placeOrder",outcome="ok"}'

  say('Counters in the form that Prometheus reads, at the operators’ port.')
  await ann.order('MUG', 1)
  await ann.order('MUG', 1)
  see(placed, await value(placed), 2)

  say('What goes wrong is counted too: an order that is refused, a saga that is undone.')
  await ann.post('/orders', { lines: [{ sku: 'UNICORN', quantity: 1 }], payment: { token: 'tok_ok' } })
  const refused = 'archipel_calls_total{service="orders",operation="placeOrder",outcome="SKUS_UNKNOWN"}'
  see(refused, await value(refused), 1)
  await shop.ended(await ann.order('MUG', 1, 'tok_declined'))
  const undone = 'archipel_sagas_rested_total{service="orders",saga="fulfilOrder",status="compensated"}'
  await seeSoon(undone, () => value(undone), 1)

  say('The port is for operators: nobody reads it without their token.')
  see('without it', (await fetch(`${shop.operationsUrl}/metrics`)).status, 401)
}
