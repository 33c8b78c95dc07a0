import type { CallRequest } from '../../call/index.ts'
import type { Timers } from '../../environment/index.ts'
import { ArchipelError, frameworkError } from '../../errors/index.ts'

type KeyRecord =
  | { readonly is: 'done'; readonly answer: unknown }
  | { readonly is: 'refused' }
  | { readonly is: 'withdrawn' }

/** What the network and the callee do to one try. Chances in [0, 1]. */
export interface Misfortunes {
  readonly requestLost: number
  readonly replyLost: number
  /** The request arrives, but only much later, when its caller has given up. */
  readonly late: number
  readonly duplicated: number
  readonly refusedBeforeRecord: number
  readonly inProgress: number
  /** Steps that the business refuses. */
  readonly refuses: readonly string[]
}

export interface HandledCommand {
  readonly operation: string
  readonly key: string
}

/** Hosts with idempotency records as guarantees 1 and 5 demand them, in memory, behind a bad network. */
export interface SimulatedCallees {
  call(request: CallRequest): Promise<unknown>
  /** Handlers that ran, in order. */
  readonly handled: readonly HandledCommand[]
  /** Problems that no host should ever see. */
  readonly problems: readonly string[]
}

export function createSimulatedCallees(
  timers: Timers,
  random: () => number,
  misfortunes: Misfortunes,
  answers: Readonly<Record<string, unknown>>,
): SimulatedCallees {
  const records = new Map<string, KeyRecord>()
  const inputs = new Map<string, string>()
  const handled: HandledCommand[] = []
  const problems: string[] = []
  const happens = (chance: number) => random() < chance

  function withdraw({ metadata: { undoes } }: CallRequest): boolean {
    let effect = false
    for (const { key } of undoes ?? []) {
      if (!records.has(key)) records.set(key, { is: 'withdrawn' })
      effect ||= records.get(key)?.is === 'done'
    }
    return effect
  }

  function handle(request: CallRequest): unknown {
    const { operation, metadata } = request
    const key = metadata.idempotencyKey ?? 'none'
    const input = JSON.stringify(request.input)
    if ((inputs.get(key) ?? input) !== input) problems.push(`${key} came with another input`)
    inputs.set(key, input)
    const record = records.get(key)
    if (record) return answerOf(record)
    if (metadata.undoes && !withdraw(request)) return null
    if (misfortunes.refuses.includes(operation)) records.set(key, { is: 'refused' })
    else {
      handled.push({ operation, key })
      records.set(key, { is: 'done', answer: answers[operation] ?? {} })
    }
    return answerOf(records.get(key))
  }

  return {
    handled,
    problems,
    async call(request) {
      if (happens(misfortunes.refusedBeforeRecord)) throw frameworkError('ARC_FORBIDDEN', 'not at the moment')
      if (happens(misfortunes.inProgress))
        throw frameworkError('ARC_KEY_IN_PROGRESS', 'at work', { effect: 'unknown', retryAfterMs: 1_000 })
      await timers.sleep(random() * 20)
      if (happens(misfortunes.requestLost)) throw lost()
      if (happens(misfortunes.late)) {
        timers.after(random() * 120_000, () => attempt(() => handle(request)))
        throw lost()
      }
      if (happens(misfortunes.duplicated))
        timers.after(random() * 60_000, () => attempt(() => handle(request)))
      const answer = handle(request)
      await timers.sleep(random() * 20)
      if (happens(misfortunes.replyLost)) throw lost()
      return answer
    },
  }
}

function answerOf(record: KeyRecord | undefined): unknown {
  switch (record?.is) {
    case 'done':
      return record.answer
    case 'refused':
      throw new ArchipelError({
        code: 'NO',
        kind: 'refused',
        message: 'the business says no',
        declaredBy: 'callee',
      })
    case 'withdrawn':
      throw frameworkError('ARC_WITHDRAWN', 'its undo was here first')
    case undefined:
      throw new Error('a handled key without a record')
  }
}

function lost(): Error {
  return frameworkError('ARC_UNAVAILABLE', 'the connection broke', { effect: 'unknown' })
}

function attempt(action: () => unknown): void {
  try {
    action()
  } catch {
    // A late request has nobody to answer.
  }
}
