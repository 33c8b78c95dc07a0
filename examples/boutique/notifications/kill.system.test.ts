import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from 'archipel/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { connectTo, type Door } from '../testing-door.ts'
import { startShopProcess, type ShopProcess } from '../testing-process.ts'

const KILLS = 3
const ORDERS = 30
const Told = z.object({ id: z.string(), status: z.string(), messageId: z.string().nullable() })
const Mail = z.object({ messageId: z.string() })
const Listed = z.object({ items: z.array(z.object({ service: z.string() })) })

test(
  'SIGKILL while letters are on their way: none goes twice, none is lost, and what is unknown is listed',
  { timeout: 300_000 },
  async () => {
    const base = await mkdtemp(join(tmpdir(), 'archipel mail '))
    // PostgreSQL runs as another user where we are root.
    await chmod(base, 0o755)
    const dataFolder = join(base, 'data')
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        await using shop = await startShopProcess({ dataFolder })
        const customer = await shop.signIn('customer')
        const order = { lines: [{ sku: 'MUG-01', quantity: 1 }], payment: { token: 'tok_ok' } }
        const placed = Array.from({ length: ORDERS }, () => customer.post('/orders', order))
        await Promise.all(placed.slice(0, ORDERS / 2))
        const operations = await operationsOf(shop)
        await eventually(async () => (await operations.get('/mail?limit=1')).expect(200).items.length > 0)
        process.kill(shop.id, 'SIGKILL')
        await Promise.allSettled(placed)
      }
      await using shop = await startShopProcess({ dataFolder })
      await compareBooks(shop)
    } finally {
      await rm(base, { recursive: true, force: true })
    }
  },
)

async function operationsOf(shop: ShopProcess): Promise<Door> {
  const token = await readFile(join(shop.dataFolder, 'operations-token'), 'utf8')
  return connectTo(shop.operationsUrl, token.trim())
}

async function compareBooks(shop: ShopProcess): Promise<void> {
  const [support, operations] = [await shop.signIn('support'), await operationsOf(shop)]
  const listed = async () =>
    Listed.parse((await operations.get('/unknown-outcomes')).expect(200)).items.filter(
      ({ service }) => service === 'notifications',
    )
  const told = await eventually(async () => {
    const all = z.array(Told).parse(await allOf(support, '/notifications'))
    const open = all.filter(({ status }) => status === 'queued' || status === 'sending')
    const orders = await operations.get('/sagas?service=orders&status=running')
    return orders.body.items.length === 0 && open.length === (await listed()).length && all
  }, 60_000)
  const kept = z.array(Mail).parse(await allOf(operations, '/mail'))
  const ids = kept.map(({ messageId }) => messageId)
  expect(ids.length).toBeGreaterThanOrEqual(KILLS)
  expect(new Set(ids).size, 'no letter was sent twice').toBe(ids.length)
  const sent = told.filter(({ status }) => status === 'sent').map(({ messageId }) => messageId ?? '')
  expect(
    sent.filter((id) => !ids.includes(id)),
    'what is said to be sent is there',
  ).toEqual([])
  expect(sent.length + (await listed()).length, 'nothing else happened').toBe(told.length)
}

async function allOf(door: Door, path: string): Promise<unknown[]> {
  const items: unknown[] = []
  let cursor = ''
  do {
    const page = (await door.get(`${path}?limit=100${cursor}`)).expect(200)
    items.push(...page.items)
    cursor = page.next === null ? '' : `&cursor=${page.next}`
  } while (cursor !== '')
  return items
}
