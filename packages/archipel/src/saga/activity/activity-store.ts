import { frameworkError, type JsonValue } from '../../errors/index.ts'
import type {
  CommandScope,
  FrameworkStatement,
  Row,
  ServiceDatabase,
  Transaction,
} from '../../storage/index.ts'
import * as statements from './activity-statements.ts'
import type { ActivityCall } from './types.ts'

/** An activity between its two transactions, as its owner knows it. */
export interface Job {
  readonly scope: CommandScope
  readonly inputHash: Buffer
  readonly call: ActivityCall
  /** Null until it is written, of one that a transaction started. */
  intent: JsonValue
  readonly fence: number
  /** Sendings that were begun, the present one included. */
  attempts: number
  firstSentAt: number
  outcome: { readonly value: JsonValue } | undefined
  lastError: string | undefined
  /** Certainly nothing has left yet. */
  unsent: boolean
  /** A caller waits in this process. */
  readonly awaited: boolean
}

/** A request that a transaction leaves behind. */
export type StartedRequest = Pick<Job, 'scope' | 'inputHash' | 'call'>

/** The rows of activities. Every write names owner and fence; `false`: they are another's, stop at once. */
export interface ActivityStore {
  insert(job: Job): FrameworkStatement
  start(request: StartedRequest, nowMs: number): FrameworkStatement
  /** First statement of the transaction that writes the intent of a started one. @throws ARC_OWNERSHIP_LOST */
  intending(transaction: Transaction, job: Job): Promise<void>
  /** The end of that transaction: the intent, or that there is nothing to do. */
  intended(job: Job): FrameworkStatement
  drop(job: Job): FrameworkStatement
  putBack(job: Job, error: string, delayMs: number): Promise<boolean>
  /** First statement of the transaction that settles. @throws ARC_OWNERSHIP_LOST */
  finish(transaction: Transaction, job: Job): Promise<void>
  /** The next sending, after a wait; `job.unsent` is kept with it. */
  postpone(job: Job, error: string, delayMs: number, release: boolean): Promise<boolean>
  /** Right before the next sending of what was unsent. */
  sending(job: Job): Promise<boolean>
  /** A known outcome that could not be settled yet. */
  keepOutcome(job: Job, error: string, delayMs: number, release: boolean): Promise<boolean>
  giveToPerson(job: Job, error: string): Promise<boolean>
  /** @returns the keys of {@link jobKey} that are still owned. */
  renew(jobs: readonly Job[]): Promise<ReadonlySet<string>>
  claimDue(operations: readonly string[], limit: number): Promise<Job[]>
  claimStarted(operations: readonly string[], limit: number): Promise<Job[]>
  /** Whether anything waits that this instance owns, or nobody. */
  anyDue(operations: readonly string[]): Promise<boolean>
  unknown(): Promise<Job[]>
  /** Without an outcome it is sent once more. */
  takeUp(
    scope: CommandScope,
    outcome: { readonly value: JsonValue } | undefined,
    nowMs: number,
    note: JsonValue,
  ): Promise<Job | undefined>
}

export function jobKey({ operation, principal, key }: CommandScope): string {
  return JSON.stringify([operation, principal, key])
}

export function createActivityStore(
  database: Pick<ServiceDatabase, 'query'>,
  owner: string,
  leaseMs: number,
): ActivityStore {
  const statement = (name: string, text: string, values: readonly unknown[]) => ({
    name: `archipel_activity_${name}`,
    text,
    values,
  })
  const run = (name: string, text: string, values: readonly unknown[]) =>
    database.query(statement(name, text, values))
  const fenced = ({ scope: { operation, principal, key }, fence }: Job) => [
    operation,
    principal,
    key,
    owner,
    fence,
  ]
  const write = async (name: string, text: string, values: readonly unknown[]) =>
    (await run(name, text, values)).length === 1

  async function own(transaction: Transaction, job: Job, name: string, text: string): Promise<void> {
    const rows = await transaction.query(statement(name, text, fenced(job)))
    if (rows.length > 0) return
    throw frameworkError('ARC_OWNERSHIP_LOST', `another instance took over ${job.scope.operation}`, {
      effect: 'unknown',
    })
  }

  return {
    insert: ({ scope: { operation, principal, key }, firstSentAt, inputHash, call, intent }) =>
      statement('insert', statements.INSERT, [
        operation,
        principal,
        key,
        owner,
        leaseMs,
        firstSentAt,
        inputHash,
        JSON.stringify(call),
        JSON.stringify(intent),
      ]),
    start: ({ scope: { operation, principal, key }, inputHash, call }, nowMs) =>
      statement('start', statements.START, [
        operation,
        principal,
        key,
        Math.floor(nowMs),
        inputHash,
        JSON.stringify(call),
      ]),
    intending: (transaction, job) => own(transaction, job, 'intending', statements.INTENDING),
    intended: (job) =>
      statement('intended', statements.INTENDED, [
        ...fenced(job),
        JSON.stringify(job.intent),
        job.firstSentAt,
      ]),
    drop: (job) => statement('drop', statements.DROP, fenced(job)),
    putBack: (job, error, delayMs) =>
      write('put_back', statements.PUT_BACK, [...fenced(job), error, delayMs]),
    finish: (transaction, job) => own(transaction, job, 'finish', statements.FINISH),
    postpone: (job, error, delayMs, release) =>
      write('postpone', statements.POSTPONE, [...fenced(job), error, delayMs, release, job.unsent]),
    sending: (job) => write('sending', statements.SENDING, fenced(job)),
    keepOutcome: (job, error, delayMs, release) =>
      write('keep_outcome', statements.KEEP_OUTCOME, [
        ...fenced(job),
        JSON.stringify(job.outcome ?? null),
        error,
        delayMs,
        release,
      ]),
    giveToPerson: (job, error) => write('give_to_person', statements.GIVE_TO_PERSON, [...fenced(job), error]),
    async renew(jobs) {
      const scopes = jobs.map(({ scope }) => scope)
      const columns = [
        scopes.map(({ operation }) => operation),
        scopes.map(({ principal }) => principal),
        scopes.map(({ key }) => key),
      ]
      const kept = await run('renew', statements.RENEW, [owner, ...columns, leaseMs])
      return new Set(kept.map((row) => jobKey(scopeOf(row))))
    },
    claimDue: async (operations, limit) =>
      (await run('claim_due', statements.CLAIM_DUE, [owner, operations, limit, leaseMs])).map(jobOf),
    claimStarted: async (operations, limit) =>
      (await run('claim_started', statements.CLAIM_STARTED, [owner, operations, limit, leaseMs])).map(jobOf),
    anyDue: async (operations) =>
      (await run('any_due', statements.ANY_DUE, [owner, operations]))[0]?.['due'] === true,
    unknown: async () => (await run('unknown', statements.UNKNOWN, [])).map(jobOf),
    async takeUp({ operation, principal, key }, outcome, nowMs, note) {
      const values = [
        operation,
        principal,
        key,
        owner,
        leaseMs,
        outcome ? JSON.stringify(outcome) : null,
        Math.floor(nowMs),
        JSON.stringify([note]),
      ]
      return (await run('take_up', statements.TAKE_UP, values)).map(jobOf)[0]
    },
  }
}

interface Columns extends CommandScope {
  readonly fence: number
  readonly attempts: number
  readonly first_sent_at: number
  readonly input_hash: Buffer
  readonly call: Omit<ActivityCall, 'principal' | 'traceparent'> & Partial<ActivityCall>
  readonly intent: JsonValue
  readonly outcome: { readonly value: JsonValue } | null
  readonly last_error: string | null
  readonly unsent: boolean
}

/** A row that this store itself wrote. */
function jobOf(row: Row): Job {
  const columns = row as unknown as Columns
  const { principal, traceparent, ...call } = columns.call
  return {
    scope: scopeOf(row),
    inputHash: columns.input_hash,
    call: { ...call, principal, traceparent },
    intent: columns.intent,
    fence: columns.fence,
    attempts: columns.attempts,
    firstSentAt: columns.first_sent_at,
    outcome: columns.outcome ?? undefined,
    lastError: columns.last_error ?? undefined,
    unsent: columns.unsent,
    awaited: false,
  }
}

function scopeOf({ operation, principal, key }: Row): CommandScope {
  return { operation: String(operation), principal: String(principal), key: String(key) }
}
