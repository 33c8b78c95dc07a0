import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { connectTo, type Door } from '../testing-door.ts'
import { startShopProcess } from '../testing-process.ts'

/**
 * Leaves the data folder of a shop that was killed in the middle of its work, packed: orders that ended, orders on
 * each part of their way, payments whose outcome nobody knows. The states kept in `states/` were made by it, each
 * by the source of its time; the upgrade test starts them under the source of today.
 * `leave-state.ts FILE.tar.zst`
 */
const run = promisify(execFile)
const PASSWORD = 'a password of a former time'
const BURST = 40
const TOKENS = [
  'tok_ok',
  'tok_ok',
  'tok_capture_slow',
  'tok_ok',
  'tok_slow',
  'tok_capture_lost',
  'tok_ok',
  'tok_flaky',
]

const Placed = z.object({ id: z.string() })

const [archive] = process.argv.slice(2)
if (archive === undefined) throw new Error('say where to: leave-state.ts FILE.tar.zst')
const folder = await mkdtemp(join(tmpdir(), 'archipel-state-'))
// PostgreSQL runs as another user where we are root.
await chmod(folder, 0o755)
const dataFolder = join(folder, 'data')

const shop = await startShopProcess({ dataFolder })
const account = { email: 'earlier@boutique.example', password: PASSWORD }
const stranger = connectTo(`${shop.url}/api/v1`)
;(await stranger.post('/users', { ...account, name: 'Earlier Customer' })).expect(201)
const { token } = z
  .object({ token: z.string() })
  .parse((await stranger.post('/sessions', account)).expect(201))
const customer = connectTo(`${shop.url}/api/v1`, token)
const skus = z
  .object({ items: z.array(z.object({ sku: z.string() })) })
  .parse((await customer.get('/products?limit=5')).expect(200))
  .items.map((item) => item.sku)

const ended: string[] = []
for (const card of ['tok_ok', 'tok_ok', 'tok_declined', 'tok_ok', 'tok_capture_declined'])
  ended.push(await place(customer, card))
while (!(await Promise.all(ended.map(hasEnded))).every(Boolean)) await sleep(20)

const open: string[] = []
const burst = Array.from({ length: BURST }, (_, turn) =>
  place(customer, TOKENS[turn % TOKENS.length] ?? 'tok_ok').then((id) => open.push(id)),
)
// Some have their answer, some are on their way: those that never got an answer may or may not exist.
await Promise.race([Promise.all(burst.slice(0, BURST / 2)), sleep(5_000)])
const settled = Promise.allSettled(burst)
process.kill(shop.id, 'SIGKILL')
await settled
await shop[Symbol.asyncDispose]()
await stopServer()
await writeFile(
  join(dataFolder, 'left-behind.json'),
  `${JSON.stringify({ account, ended, open }, null, 2)}\n`,
)
await rm(join(dataFolder, 'postgres.log'), { force: true })
await run(
  'sh',
  ['-c', 'tar -C "$1" -cf - data | zstd -19 --long=27 -T0 -f -q -o "$2"', 'pack', folder, archive],
  { timeout: 120_000 },
)
await rm(folder, { recursive: true })
console.log(`${ended.length} orders ended, ${open.length} accepted and perhaps on their way: ${archive}`)

async function place(door: Door, card: string): Promise<string> {
  const [first = '', second = ''] = skus
  const lines = [
    { sku: first, quantity: 1 },
    { sku: second, quantity: 2 },
  ]
  return Placed.parse((await door.post('/orders', { lines, payment: { token: card } })).expect(202)).id
}

async function hasEnded(id: string): Promise<boolean> {
  const { status } = z.object({ status: z.string() }).parse((await customer.get(`/orders/${id}`)).expect(200))
  return status === 'completed' || status === 'rejected'
}

/** A fast shutdown of PostgreSQL, which outlives its host; the shop's state stays as the kill left it. */
async function stopServer(): Promise<void> {
  const file = join(dataFolder, 'postgres', 'postmaster.pid')
  const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0])
  process.kill(postmaster, 'SIGINT')
  while (
    await readFile(file).then(
      () => true,
      () => false,
    )
  )
    await sleep(20)
}
