import type { Environment } from '../../environment/index.ts'
import { asError } from '../../errors/index.ts'
import type { Log } from '../../telemetry/index.ts'
import type { MessagingSettings } from '../options.ts'
import { createWaker } from '../waker.ts'
import type { BusStore } from './bus-store.ts'
import { createMarks } from './marks.ts'

/** The mark has risen: everything between `from` and `to` is there to be read. */
export interface MarkRise {
  readonly from: number
  readonly to: number
  /** `publisher type` of what stands there; undefined: anything may, and what was read beyond the durable position is void. */
  readonly kinds: ReadonlySet<string> | undefined
}

/** Fixes the mark for all subscriptions of a host. It reads who holds the writers' lock and never takes it. */
export interface Keeper {
  readonly mark: number
  readonly oldestWriterMs: number
  /** Holders of the lock that belong to no service of the bus, as of the last alarm. */
  readonly unknownWriters: number
  start(): void
  kick(): void
  /** Resolves with a mark that covers everything committed before the call. @throws when closed before. */
  reach(): Promise<number>
  close(): Promise<void>
}

export interface KeeperOptions {
  readonly environment: Environment
  readonly log: Log
  readonly bus: BusStore
  readonly settings: MessagingSettings
  onRise(rise: MarkRise): void
}

/** While writers hold the mark back, looks come at first after `busyPollMs` and then ever later up to this. */
const LONGEST_WAIT_FOR_WRITERS_MS = 50
/** Beyond it, waking every subscription costs less than finding out which ones. */
const LONGEST_RANGE_LOOKED_UP = 20_000
/** Partitions are looked after once for so many positions, long before the ones ahead are used up. */
const POSITIONS_BETWEEN_PARTITION_CARE = 250_000

export function createKeeper({ environment, log, bus, settings, onRise }: KeeperOptions): Keeper {
  const { clock, timers } = environment
  const waker = createWaker(timers)
  let marks = createMarks()
  /** Those who wait for a mark: the last position known when they asked is found by the next survey. */
  let reaching: { after: number | undefined; resolve(mark: number): void; reject(error: unknown): void }[] =
    []
  let known: number | undefined
  let server: number | undefined
  let partitionsFor = Number.NEGATIVE_INFINITY
  let waitForWritersMs = settings.busyPollMs
  let alarmed = false
  let unknownWriters = 0
  let closed = false
  let running: Promise<void> | undefined

  async function survey(): Promise<void> {
    const asked = [...reaching]
    const { last, holders, kinds, backend } = await bus.survey(known)
    if (backend !== server) {
      // After a crash positions may be drawn a second time that were drawn by transactions which it ended: what was
      // concluded from them is void, and this look may have been asked with it.
      const first = server === undefined
      server = backend
      if (!first) return forget()
    }
    marks.surveyed(last, holders, clock.monotonic())
    for (const waiter of asked) waiter.after ??= last
    if (known === undefined ? marks.mark > 0 || marks.waiting === 0 : marks.mark > known)
      await rise(marks.mark === last ? kinds : undefined)
    if (known !== undefined) settle(known)
    await alarm()
    if (last - partitionsFor >= POSITIONS_BETWEEN_PARTITION_CARE) {
      await bus.makePartitions()
      partitionsFor = last
    }
  }

  function forget(): void {
    marks = createMarks()
    known = undefined
    for (const waiter of reaching) waiter.after = undefined
    waker.wake()
  }

  async function rise(found: readonly string[] | undefined): Promise<void> {
    const [from, to] = [known, marks.mark]
    const worthIt = from !== undefined && to - from <= LONGEST_RANGE_LOOKED_UP
    const kinds = found ?? (worthIt ? await bus.kinds(from, to) : undefined)
    known = to
    waitForWritersMs = settings.busyPollMs
    onRise({ from: from ?? 0, to, kinds: kinds && new Set(kinds) })
  }

  function settle(mark: number): void {
    const reached = reaching.filter((waiter) => waiter.after !== undefined && waiter.after <= mark)
    reaching = reaching.filter((waiter) => !reached.includes(waiter))
    for (const waiter of reached) waiter.resolve(mark)
  }

  /** A writer that holds the mark back for long keeps events from everybody: it is reported once. */
  async function alarm(): Promise<void> {
    const oldestMs = marks.oldestWriter(clock.monotonic())
    if (oldestMs <= settings.slowWriterMs) alarmed = false
    else if (!alarmed) {
      alarmed = true
      unknownWriters = await bus.unknownWriters()
      log.error('a writer holds back the mark of the bus: no event behind it is delivered', {
        oldestMs: Math.round(oldestMs),
        unknownWriters,
      })
    }
  }

  async function pause(): Promise<void> {
    if (marks.waiting === 0)
      return waker.wait(reaching.length > 0 ? settings.busyPollMs : settings.idlePollMs)
    const delayMs = waitForWritersMs
    waitForWritersMs = Math.min(waitForWritersMs * 2, LONGEST_WAIT_FOR_WRITERS_MS)
    await waker.wait(delayMs)
  }

  async function run(): Promise<void> {
    let healthy = true
    while (!closed) {
      const [begun, before] = [clock.monotonic(), known]
      try {
        await survey()
        healthy = true
      } catch (error) {
        if (healthy && !closed)
          log.warn('the mark of the bus can not be looked up', { error: asError(error) })
        healthy = false
        await timers.sleep(settings.idlePollMs)
      }
      // Where nothing was found nothing is being written: who has just written is not kept waiting.
      const found = known !== before || marks.waiting > 0
      if (!closed) await pause()
      const tooSoonMs = found ? settings.busyPollMs - (clock.monotonic() - begun) : 0
      if (!closed && tooSoonMs > 0) await timers.sleep(tooSoonMs)
    }
  }

  return {
    get mark() {
      return known ?? 0
    },
    get oldestWriterMs() {
      return marks.oldestWriter(clock.monotonic())
    },
    get unknownWriters() {
      return alarmed ? unknownWriters : 0
    },
    start() {
      running ??= run()
    },
    kick: waker.wake,
    reach() {
      if (closed) return Promise.reject(new Error('the keeper of the mark is closed'))
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      reaching.push({ after: undefined, resolve, reject })
      waker.wake()
      return promise
    },
    async close() {
      closed = true
      waker.wake()
      await running
      for (const waiter of reaching.splice(0)) waiter.reject(new Error('the keeper of the mark was closed'))
    },
  }
}
