import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from 'undici'
import type { Dice } from '../drill/random.ts'

/** The way from the shop to its card processor, on which everything happens that happens on a line. */
export interface LossyWay extends AsyncDisposable {
  readonly url: string
  /** From now on something befalls requests and answers, and nothing any more. */
  befall(isOn: boolean): void
  readonly fates: ReadonlyMap<Fate, number>
}

/** What becomes of a request, and how often; the rest passes. */
const FATES = {
  /** It never arrives. */
  unsent: 0.08,
  /** It is done, and nobody hears of it. */
  unanswered: 0.1,
  /** The answer comes when nobody waits for it any more. */
  late: 0.08,
  /** It arrives twice at the same moment. */
  doubled: 0.08,
  /** The line is cut, and the request arrives long after it was asked what became of it. */
  afterwards: 0.08,
} as const
type Fate = keyof typeof FATES | 'passed'

/** Longer than payments wait for an answer. */
const LATE_MS = { least: 2_100, most: 4_000 }

/** @param target where the processor answers. */
export async function openLossyWay(target: string, dice: Dice): Promise<LossyWay> {
  const fates = new Map<Fate, number>()
  let isOn = false

  function draw(): Fate {
    let left = isOn ? dice.next() : 1
    const drawn = (Object.keys(FATES) as (keyof typeof FATES)[]).find((fate) => (left -= FATES[fate]) < 0)
    const fate = drawn ?? 'passed'
    fates.set(fate, (fates.get(fate) ?? 0) + 1)
    return fate
  }

  async function carry(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fate = draw()
    const { method = 'GET', url = '/', headers } = request
    const body = await text(request)
    const key = headers['idempotency-key']
    const ask = () =>
      fetch(target + url, {
        method,
        ...(typeof key === 'string' && {
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
        }),
        ...(method !== 'GET' && { body }),
      })
    const late = () => sleep(dice.between(LATE_MS.least, LATE_MS.most))
    if (fate === 'unsent' || fate === 'afterwards') request.destroy()
    if (fate === 'unsent') return
    if (fate === 'afterwards') await late()
    const [answer] = await Promise.all(fate === 'doubled' ? [ask(), ask()] : [ask()])
    const answered = await answer?.text()
    if (fate === 'unanswered') return void request.destroy()
    if (fate === 'late') await late()
    response.writeHead(answer?.status ?? 502, { 'content-type': 'application/json' }).end(answered)
  }

  const server = createServer((request, response) => {
    // A processor that is dead or asleep answers nothing, and neither does the way to it.
    carry(request, response).catch(() => request.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    befall: (now) => void (isOn = now),
    fates,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
