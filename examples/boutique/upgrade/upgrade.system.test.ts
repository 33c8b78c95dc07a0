import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createZstdDecompress } from 'node:zlib'
import { eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readDelivery } from '../drill/delivery.ts'
import { readProviderBooks } from '../drill/provider-books.ts'
import { connectTo, type Door } from '../testing-door.ts'
import { startShopProcess } from '../testing-process.ts'

const run = promisify(execFile)

const LeftBehind = z.object({
  account: z.object({ email: z.string(), password: z.string() }),
  ended: z.array(z.string()),
  open: z.array(z.string()),
})
const Order = z.object({
  id: z.string(),
  status: z.string(),
  total: z.object({ amount: z.int() }),
  lines: z.array(z.object({ sku: z.string() })),
  history: z.array(z.object({ status: z.string(), at: z.string() })),
})
type Order = z.infer<typeof Order>

const states = (await readdir(join(import.meta.dirname, 'states'))).filter((name) =>
  name.endsWith('.tar.zst'),
)

test.for(states)(
  'what %s left in the middle of its work is taken up and brought to its end',
  { timeout: 120_000 },
  async (state) => {
    await using folder = await unpack(state)
    const { account, ended, open } = LeftBehind.parse(
      JSON.parse(await readFile(join(folder.dataFolder, 'left-behind.json'), 'utf8')),
    )
    const startedAt = new Date().toISOString()
    await using shop = await startShopProcess({ dataFolder: folder.dataFolder })
    const customer = await signIn(shop.url, account)

    const orders = await eventually(async () => {
      const all = await ordersOf(customer)
      expect(
        all.filter((order) => !isSettled(order)).map((order) => `${order.id} is ${order.status}`),
      ).toEqual([])
      return all
    }, 60_000)

    const ids = orders.map((order) => order.id)
    expect(ids).toEqual(expect.arrayContaining([...ended, ...open]))
    const carriedOn = orders.filter((order) => order.history.some((entry) => entry.at > startedAt))
    expect(carriedOn.length, 'orders that were in flight').toBeGreaterThan(3)

    const books = new Map((await readProviderBooks(shop.providerUrl)).map((line) => [line.reference, line]))
    for (const { id, status, total } of orders) {
      const { captured = 0, held = 0 } = books.get(id) ?? {}
      expect({ id, status, captured, held }).toEqual({
        id,
        status,
        captured: status === 'completed' ? total.amount : 0,
        held: 0,
      })
    }
    await untilDelivered()
    const completed = orders.filter((order) => order.status === 'completed')
    for (const { id } of completed)
      await eventually(async () => {
        expect((await customer.get(`/orders/${id}/shipment`)).expect(200)).toMatchObject({ status: 'ready' })
        return true
      }, 30_000)

    // A service that was not there when they were bought knows them all the same; what was completed today goes back.
    const bought = completed.find(({ id }) => ended.includes(id))
    for (const { id } of completed.filter((order) => order !== bought))
      (await customer.post(`/orders/${id}/cancellation`, {})).expect(202)
    await eventually(async () => {
      const refunded = (await ordersOf(customer)).filter(({ status }) => status === 'refunded')
      expect(refunded).toHaveLength(completed.length - 1)
      return true
    }, 60_000)
    await untilDelivered()
    for (const { sku } of bought?.lines ?? [])
      (await customer.put(`/products/${sku}/reviews/mine`, { stars: 5 })).expect(200)
    await untilDelivered()
    for (const { sku } of bought?.lines ?? [])
      expect((await customer.get(`/products/${sku}/rating`)).expect(200)).toMatchObject({ count: 1 })
    expect(bought?.lines).toHaveLength(2)

    async function untilDelivered(): Promise<void> {
      await eventually(async () => {
        for (const line of await readDelivery(shop.operationsUrl, folder.dataFolder, true))
          expect(line).toMatchObject({ inFlight: 0, parked: 0, drift: 0, written: line.handled })
        return true
      }, 30_000)
    }
  },
)

function isSettled(order: Order): boolean {
  return order.status === 'completed' || order.status === 'rejected'
}

async function signIn(url: string, account: { email: string; password: string }): Promise<Door> {
  const answer = await connectTo(`${url}/api/v1`).post('/sessions', account)
  return connectTo(`${url}/api/v1`, z.object({ token: z.string() }).parse(answer.expect(201)).token)
}

async function ordersOf(customer: Door): Promise<Order[]> {
  const Page = z.object({ items: z.array(z.object({ id: z.string() })), next: z.string().nullable() })
  const orders: Order[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: z.infer<typeof Page> = Page.parse(
      (await customer.get(`/orders?limit=100${cursor && `&cursor=${cursor}`}`)).expect(200),
    )
    for (const { id } of page.items)
      orders.push(Order.parse((await customer.get(`/orders/${id}`)).expect(200)))
    cursor = page.next
  }
  return orders
}

/** PostgreSQL runs as another user where we are root, and its files must be that user's. */
async function unpack(state: string) {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-upgrade-'))
  await chmod(folder, 0o755)
  const tar = spawn('tar', ['-x', '--no-same-owner', '-C', folder], { stdio: ['pipe', 'ignore', 'inherit'] })
  const unpacked = once(tar, 'close')
  await pipeline(
    createReadStream(join(import.meta.dirname, 'states', state)),
    createZstdDecompress(),
    tar.stdin,
  )
  expect(await unpacked).toEqual([0, null])
  const dataFolder = join(folder, 'data')
  const runAs = 'id -u postgres 2>/dev/null || id -u nobody'
  if (process.getuid?.() === 0)
    await run('sh', ['-c', `chown -R "$(${runAs})" "$1"`, 'chown', join(dataFolder, 'postgres')])
  return {
    dataFolder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
