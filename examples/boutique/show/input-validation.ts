import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

const payment = { token: 'tok_ok' }
const order = (quantity: unknown) => JSON.stringify({ lines: [{ sku: 'MUG', quantity }], payment })
const CASES: readonly [what: string, body: string, field: string][] = [
  ['broken JSON', '{"lines": [', ''],
  ['a quantity of 0', order(0), 'lines[0].quantity'],
  ['a quantity of 1.5', order(1.5), 'lines[0].quantity'],
  ['a quantity as text', order('1'), 'lines[0].quantity'],
  [
    'a field that nobody knows',
    JSON.stringify({ lines: [{ sku: 'MUG', quantity: 1, price: 1 }], payment }),
    'lines[0].price',
  ],
  ['__proto__', `{"__proto__": {}, ${order(1).slice(1)}`, '__proto__'],
  ['a name twice', `{"payment": {"token": "x"}, ${order(1).slice(1)}`, 'payment'],
  ['no payment', JSON.stringify({ lines: [{ sku: 'MUG', quantity: 1 }] }), 'payment'],
]

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ann = await shop.signIn('ann')
  const send = (raw: string) =>
    ann.ask('POST', '/orders', { raw, headers: { 'content-type': 'application/json' } })

  say('Orders that can be none. Each answer is a problem document that names the field.')
  for (const [what, body, field] of CASES) {
    const { status, headers, body: problem } = await send(body)
    const paths: string[] = (problem.details?.issues ?? []).map(({ path }: { path: string }) => path)
    see(
      what,
      [status, headers.get('content-type')?.split(';')[0], paths[0]],
      [400, 'application/problem+json', field],
    )
  }

  say('None of them left a trace, and a good one still passes.')
  const [{ count } = {}] = await shop.query('select count(*)::int as count from orders.orders')
  see('orders that exist', count, 0)
  see('a good one', (await send(order(1))).status, 202)
}
