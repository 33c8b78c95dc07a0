import type { Log } from '../../telemetry/index.ts'
import { isOwnershipLost } from '../inbox/inbox-store.ts'
import type { MarkRise } from '../keeper/keeper.ts'
import type { MessagingSettings } from '../options.ts'
import { createWaker } from '../waker.ts'
import { createOwner, type Owner } from './owner.ts'
import { causeOf, PageFailure, type Work } from './work.ts'

/** One subscription in one host: owns it while it can, stands by while another instance does. */
export interface Subscriber {
  readonly service: string
  readonly name: string
  /** The durable position and the fence while this host owns it. */
  readonly owned: { readonly position: number; readonly fence: number } | undefined
  start(firstPosition: number): void
  rise(rise: MarkRise): void
  /** An operator asked for a replay. */
  lookForReplays(): void
  /** Resolves when there is nothing left to do up to the mark that it has been told; at once if another host owns it. */
  rest(): Promise<void>
  /** Whether it is at rest now. */
  readonly resting: boolean
  /** Finishes the page in flight and hands the subscription back. */
  drain(): Promise<void>
}

export interface SubscriberOptions {
  readonly work: Work
  readonly instance: string
  readonly settings: MessagingSettings
  readonly log: Log
  mark(): number
  onFailure(parked: boolean): void
  onHandled(events: number): void
  /** Called by the owner between pages every `housekeepingMs`. */
  keepHouse(owned: { fence: number; position: number }): Promise<void>
}

/** Renewals are three in a lease, so that one may be late. */
const RENEWALS_PER_LEASE = 3
const LONGEST_PAUSE_AFTER_FAILURE_MS = 5_000
const NOT_HANDLED = 'events could not be handled; the page is read again'
const WERE_HANDLED =
  'events were handled, but what follows their commit failed; the page is read again to make sure'

export function createSubscriber(options: SubscriberOptions): Subscriber {
  const { work, instance, settings, log } = options
  const { definition, environment, store } = work
  const { clock, timers } = environment
  const waker = createWaker(timers)
  const fields = { service: definition.service, subscription: definition.name }
  const publisherTypes = definition.types.map((type) => `${definition.publisher} ${type}`)
  const renewMs = settings.leaseMs / RENEWALS_PER_LEASE
  let owner: Owner | undefined
  let fence = 0
  /** The last mark at which something for this subscription may stand. */
  let wanted = 0
  const stop = new AbortController()
  let stopping = false
  let answered = false
  let busy = false
  const resting: (() => void)[] = []
  let running: Promise<void> | undefined

  const isResting = () => answered && !busy && (owner === undefined || owner.atRest(wanted))

  function settle(): void {
    if (isResting() || stopping) for (const resolve of resting.splice(0)) resolve()
  }

  async function run(firstPosition: number): Promise<void> {
    let failures = 0
    while (!stopping) {
      try {
        const ownership = await store.claim(definition.name, instance, settings.leaseMs, firstPosition)
        if (ownership !== undefined) {
          fence = ownership.fence
          owner = await createOwner({ ...options, ownership })
          wanted = Math.max(wanted, options.mark())
          failures = 0
          answered = true
          await own(owner)
        }
      } catch (error) {
        if (isOwnershipLost(causeOf(error))) log.warn('another instance took the subscription over', fields)
        else {
          failures++
          log.warn('the subscription can not be claimed; it is tried again', {
            ...fields,
            error: causeOf(error),
          })
        }
      }
      owner = undefined
      answered = failures === 0
      settle()
      if (!stopping)
        await waker.wait(
          failures > 0 ? pauseMs(failures) : renewMs * (0.75 + environment.randomness.next() / 2),
        )
    }
  }

  /** Until it is stopped (then it hands back) or another instance took over. */
  async function own(mine: Owner): Promise<void> {
    // Those of one service began together: at different times one connection is enough for all of them.
    const phase = () => 0.5 + environment.randomness.next() / 2
    let renewAt = clock.monotonic() + renewMs * phase()
    let houseAt = clock.monotonic() + settings.housekeepingMs * phase()
    let failures = 0
    while (!stopping) {
      try {
        if (clock.monotonic() >= renewAt) {
          if (!(await mine.renew())) return
          renewAt = clock.monotonic() + renewMs
        }
        if (clock.monotonic() >= houseAt) {
          houseAt = clock.monotonic() + settings.housekeepingMs
          await options.keepHouse({ fence, position: mine.progress.durable() })
        }
        busy = true
        const worked = await mine.step(wanted)
        failures = 0
        if (worked) continue
      } catch (error) {
        if (isOwnershipLost(causeOf(error))) throw error
        failures++
        const committed = error instanceof PageFailure && error.stage === 'committed'
        // What a closing host cuts off is no trouble of its events: the next start reads them again.
        if (committed || !work.closing.aborted)
          log.warn(committed ? WERE_HANDLED : NOT_HANDLED, { ...fields, error: causeOf(error) })
        await timers.sleep(pauseMs(failures), stop.signal)
        continue
      } finally {
        busy = false
      }
      settle()
      const dueMs = Math.min(mine.dueInMs(wanted), renewAt - clock.monotonic(), houseAt - clock.monotonic())
      if (!stopping) await waker.wait(dueMs)
    }
    await store.release(definition.name, fence, mine.progress.durable())
  }

  function pauseMs(failures: number): number {
    return (
      Math.min(50 * 2 ** Math.min(failures, 10), LONGEST_PAUSE_AFTER_FAILURE_MS) *
      (0.5 + environment.randomness.next() / 2)
    )
  }

  return {
    service: definition.service,
    name: definition.name,
    get owned() {
      return owner && { position: owner.progress.durable(), fence }
    },
    start(firstPosition) {
      running ??= run(firstPosition)
    },
    rise({ to, kinds }) {
      const concerned = kinds === undefined || publisherTypes.some((kind) => kinds.has(kind))
      if (!concerned) {
        // Nothing up to here is for this subscription: later pages need not look through it again.
        if (owner !== undefined && !busy && owner.progress.cursor >= wanted) owner.progress.covered(to)
        return
      }
      if (kinds === undefined) owner?.readAgain()
      wanted = Math.max(wanted, to)
      waker.wake()
    },
    lookForReplays() {
      owner?.lookForReplays()
      waker.wake()
    },
    rest: () => new Promise((resolve) => (resting.push(resolve), settle())),
    get resting() {
      return isResting()
    },
    async drain() {
      stopping = true
      stop.abort()
      waker.wake()
      await running
      settle()
    },
  }
}
