// What the compiler says to somebody who writes a service for the first time.
import { z } from 'zod'
import { application } from './index.ts'
import { contract, event, query } from '../contract/index.ts'
import { service, type CompleteServices } from '../service/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_TClaim extends true>(): void {}

const Placed = z.object({ id: z.string(), lines: z.array(z.string()) })
const shop = contract('shop', {
  version: '1.0.0',
  operations: {
    count: query({ access: 'public', input: z.object({}), output: z.object({ n: z.int() }) }),
    list: query({ access: 'public', input: z.object({}), output: z.object({ n: z.int() }) }),
    find: query({ access: 'public', input: z.object({}), output: z.object({ n: z.int() }) }),
  },
  events: {
    placed: event({ data: Placed, key: 'id', version: 2 }),
    delivered: event({ data: Placed.pick({ id: true }), key: 'id', version: 1 }),
  },
})
const { placed, delivered } = shop.events
const from = { name: 'follow', from: 'start' } as const

holds<Equal<typeof placed.type, 'shop.placed.v2'>>()

// The data of one event fits that of the other: both are seen all the same, and told apart by their type.
export const follower = service(shop, {}).on([placed, delivered], from, (happened) => {
  if (happened.type === 'shop.placed.v2') holds<Equal<typeof happened.data, z.infer<typeof Placed>>>()
  const { type, data } = happened
  holds<Equal<typeof type, 'shop.placed.v2' | 'shop.delivered.v1'>>()
  if (type === placed.type) void data.lines
  // @ts-expect-error a delivery has no lines
  void data.lines
})

// @ts-expect-error a subscription has a name and a beginning
service(shop, {}).on(placed, ({ data }) => void data.lines)
// @ts-expect-error an event of the contract, not the contract
service(shop, {}).on(shop, from, () => undefined)

const half = service(shop, {}).operation('count', () => ({ n: 1 }))
// @ts-expect-error shop has no handler for 'list', shop has no handler for 'find'
application('half', { services: [half] })
holds<
  Equal<
    CompleteServices<readonly [typeof half]>[0],
    "shop has no handler for 'list'" | "shop has no handler for 'find'"
  >
>()

// An application is data: another one can be made of it, with one service more. What is added must be complete.
const whole = application('whole', { services: [] })
application('more', {
  ...whole,
  services: [...whole.services, service(contract('c', { version: '1.0.0', operations: {} }), {})],
})
// @ts-expect-error shop has no handler for 'list', shop has no handler for 'find'
application('less', { ...whole, services: [...whole.services, half] })

// What somebody reaches for who comes from elsewhere is told where it is.
export const reader = service(shop, {}).operation('count', (_input, { db, publish }) => {
  holds<Equal<typeof publish, 'a query only reads: publish in a command or in the handler of an event'>>()
  // @ts-expect-error there is no db.query(text, values): db.many(Row, sql`…`), or one, maybeOne, run
  void db.query('select 1')
  return { n: 1 }
})
