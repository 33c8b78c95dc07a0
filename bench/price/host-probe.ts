import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Kind, Moment, Order } from './probe.ts'
import type { Traffic } from './wire.ts'

/** The benchmark's end of the probe in the host. */
export interface HostProbe {
  /** Profiles the host while `work` is at work. */
  during(kind: Kind, work: () => Promise<void>): Promise<Measured>
  close(): void
}

export interface Measured {
  readonly processorMs: number
  /** Sums by who logs in, or by the port of a door. */
  readonly wire: ReadonlyMap<string, Traffic>
  /** As V8 writes it. */
  readonly profile: unknown
}

export async function connectProbe(path: string, folder: string): Promise<HostProbe> {
  const socket = connect(path)
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()

  async function order(what: Order): Promise<Moment> {
    socket.write(`${JSON.stringify(what)}\n`)
    const line = await lines.next()
    const answer = JSON.parse(String(line.value)) as { moment?: Moment; failure?: string }
    if (answer.moment === undefined) throw new Error(`the probe failed: ${answer.failure}`)
    return answer.moment
  }

  return {
    async during(kind, work) {
      const file = join(folder, `${kind}.json`)
      const before = await order({ begin: kind })
      await work()
      const after = await order({ end: kind, file })
      return {
        processorMs: after.processorMs - before.processorMs,
        wire: difference(before.wire, after.wire),
        profile: JSON.parse(await readFile(file, 'utf8')),
      }
    },
    close: () => socket.destroy(),
  }
}

function difference(before: readonly Traffic[], after: readonly Traffic[]): Map<string, Traffic> {
  const sums = new Map<string, Traffic>()
  const add = (traffic: readonly Traffic[], sign: 1 | -1) => {
    for (const one of traffic) {
      const sum = sums.get(one.who)
      sums.set(one.who, {
        who: one.who,
        roundTrips: (sum?.roundTrips ?? 0) + sign * one.roundTrips,
        transactions: (sum?.transactions ?? 0) + sign * one.transactions,
        sentBytes: (sum?.sentBytes ?? 0) + sign * one.sentBytes,
        receivedBytes: (sum?.receivedBytes ?? 0) + sign * one.receivedBytes,
      })
    }
  }
  add(after, 1)
  add(before, -1)
  return sums
}
