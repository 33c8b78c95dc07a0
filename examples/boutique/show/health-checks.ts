import { fetch } from 'undici'
import { eventually } from 'archipel/testing'
import { openShop } from './stage/shop.ts'
import { say, see } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const ask = async (path: string) => (await fetch(shop.url + path)).status

  say('Two questions, two answers: is the process alive, and should work come here?')
  see('/livez and /readyz', [await ask('/livez'), await ask('/readyz')], [200, 200])

  say('PostgreSQL is killed. Nobody should restart the shop for that, but no work should come.')
  const [{ file } = {}] = await shop.query(`select pg_read_file('postmaster.pid') as file`)
  process.kill(Number.parseInt(String(file), 10), 'SIGKILL')
  const alive = await eventually(async () =>
    (await ask('/readyz')) === 503 ? { livez: await ask('/livez') } : undefined,
  )
  see('meanwhile /readyz said 503 and /livez', alive.livez, 200)

  say('The host brings its database back by itself.')
  await eventually(async () => (await ask('/readyz')) === 200, 20_000)
  see('/readyz', await ask('/readyz'), 200)
  const ann = await eventually(() => shop.signIn('ann'), 20_000)
  see('an order', (await shop.ended(await ann.order('MUG', 1))).status, 'completed')
}
