import { hidingLog, type Log } from '../../telemetry/index.ts'
import type { Ownership } from '../inbox/subscription-store.ts'
import { isOwnershipLost } from '../inbox/inbox-store.ts'
import type { MessagingSettings } from '../options.ts'
import type { LoggedEvent } from '../types.ts'
import { createAttempts } from './attempts.ts'
import { personalIn } from './personal.ts'
import { createProgress, type Progress } from './progress.ts'
import { handleNext, handleReplay, type Page } from './pages.ts'
import { createRest } from './rest.ts'
import { causeOf, PageFailure, type Work } from './work.ts'

/** Owners that ended in a row before events are taken one by one, each try counted before it begins. */
const UNCLEAN_BEFORE_CARE = 2

/** What one owner does with its subscription, one thing at a time. */
export interface Owner {
  readonly progress: Progress
  /** Does the next thing there is to do. @returns false when there is nothing now. */
  step(wanted: number): Promise<boolean>
  /** Tells the database that this owner lives. @returns false when another one took over. */
  renew(): Promise<boolean>
  /** What was read beyond the durable position is void: the server may have been restarted. */
  readAgain(): void
  /** Replays that an operator asked for may be waiting. */
  lookForReplays(): void
  /** Nothing is blocked, nothing waits to be replayed, everything up to `wanted` was read. */
  atRest(wanted: number): boolean
  /** Milliseconds until something falls due by itself: a retry, or the next page where there is more to read. */
  dueInMs(wanted: number): number
}

export interface OwnerOptions {
  readonly work: Work
  readonly ownership: Ownership
  readonly settings: MessagingSettings
  readonly log: Log
  onFailure(parked: boolean): void
  onHandled(events: number): void
}

export async function createOwner({
  work,
  ownership,
  settings,
  log,
  onFailure,
  onHandled,
}: OwnerOptions): Promise<Owner> {
  const { definition, environment, store } = work
  const { fence } = ownership
  const progress = createProgress(ownership.position)
  const now = environment.clock.monotonic()
  for (const { waitMs, ...blocked } of await store.blocked(definition.name))
    progress.block({ ...blocked, dueAt: now + waitMs })
  let careful = ownership.unclean >= UNCLEAN_BEFORE_CARE
  let replays = true
  let again = false
  const rest = createRest(settings.pageEveryMs)
  const attempts = createAttempts({ work, fence, progress, log, careful: () => careful, onFailure })

  const canRead = (wanted: number) => progress.cursor < wanted && progress.blocked.size < settings.blockedKeys

  async function page(wanted: number): Promise<void> {
    const begunAt = environment.clock.monotonic()
    let [free, covered]: [readonly LoggedEvent[], number] = [[], wanted]
    const range = { after: progress.cursor, upTo: wanted, limit: settings.pageSize }
    const choose = (events: readonly LoggedEvent[]): Page => {
      // A page that isn't full covers everything up to the mark that it was taken for.
      covered = events.length < settings.pageSize ? wanted : (events.at(-1)?.position ?? wanted)
      free = events.filter((event) => !progress.passesOver(event))
      return { events: free, position: progress.durable(covered) }
    }
    if (careful)
      await oneByOne(choose(await work.log.take(definition, range.after, wanted, range.limit)).events)
    else
      try {
        if (await handleNext(work, fence, range, choose)) progress.stored(progress.durable(covered))
      } catch (failure) {
        if (!isOfEvents(failure)) throw failure
        const [only] = free
        if (free.length === 1 && only !== undefined) await attempts.failedOnce(only, failure)
        else {
          tellOfPage(free, failure)
          await oneByOne(free)
        }
      }
    progress.covered(covered)
    if (covered === wanted) rest.after(begunAt)
    onHandled(free.length)
    careful = false
  }

  /** What fails in a page need not fail again alone: this line is then all that is said of it. */
  function tellOfPage(events: readonly LoggedEvent[], failure: PageFailure): void {
    const hidden = events.flatMap((event) => personalIn(definition, event))
    hidingLog(log, () => hidden).warn(
      'a page of events could not be handled; each of them is handled alone',
      {
        service: definition.service,
        subscription: definition.name,
        events: events.length,
        error: causeOf(failure),
      },
    )
  }

  async function oneByOne(events: readonly LoggedEvent[]): Promise<void> {
    for (const event of events) if (!progress.passesOver(event)) await attempts.one(event, event.position)
  }

  return {
    progress,
    async step(wanted) {
      if (again) progress.rewind()
      again = false
      if (replays) {
        replays = await handleReplay(work, fence)
        if (replays) return true
      }
      const due = progress.nextDue()
      if (due !== undefined && due.dueAt <= environment.clock.monotonic()) {
        await attempts.again(due)
        return true
      }
      if (!canRead(wanted) || environment.clock.monotonic() < rest.dueAt) return false
      await page(wanted)
      return true
    },
    async renew() {
      const durable = progress.durable()
      const waiting = await store.renew(definition.name, fence, durable)
      if (waiting !== undefined) progress.stored(durable)
      if (waiting !== undefined && waiting > 0) replays = true
      return waiting !== undefined
    },
    readAgain() {
      again = true
    },
    lookForReplays() {
      replays = true
    },
    atRest: (wanted) => progress.cursor >= wanted && progress.blocked.size === 0 && !replays,
    dueInMs(wanted) {
      const pageAt = canRead(wanted) ? rest.dueAt : Number.POSITIVE_INFINITY
      return Math.min(progress.nextDue()?.dueAt ?? pageAt, pageAt) - environment.clock.monotonic()
    },
  }
}

/** Whether it was a handler that failed, and not the page around it. */
function isOfEvents(failure: unknown): failure is PageFailure {
  return (
    failure instanceof PageFailure &&
    failure.stage === 'handling' &&
    !isOwnershipLost(failure.cause) &&
    !isUnknown(failure.cause)
  )
}

/** The page may be committed: only reading it again, with the inbox open, can tell. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && 'effect' in error && error.effect === 'unknown'
}
