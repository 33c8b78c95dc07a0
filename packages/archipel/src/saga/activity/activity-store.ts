import type { JsonValue } from '../../errors/index.ts'
import type { CommandScope, FrameworkStatement, ServiceDatabase } from '../../storage/index.ts'
import * as statements from './activity-statements.ts'
import { jobKey, jobOf, scopeOf, type Job } from './job.ts'

/** What a transaction leaves behind to be done. */
export type IntendedJob = Pick<Job, 'scope' | 'inputHash' | 'call' | 'intent'>

/** The rows of activities. Every write names owner and fence; `false`: they are another's, stop at once. */
export interface ActivityStore {
  insert(job: Job): FrameworkStatement
  /** Of new keys: no instance's yet. */
  intend(intended: readonly IntendedJob[], nowMs: number): FrameworkStatement
  /** Those operations of which some wait to be taken. */
  waiting(operations: readonly string[]): Promise<string[]>
  /** Marks some of one operation, in the order in which they are due, as being sent by this instance. */
  take(operation: string, limit: number, nowMs: number): Promise<Job[]>
  /** Nothing of it has left: whoever has room takes it after the wait. */
  putBack(job: Job, error: string, delayMs: number): Promise<boolean>
  /** In the transaction that settles them: it fails with {@link isOwnershipLost} unless all of them are owned. */
  finish(jobs: readonly Job[]): FrameworkStatement
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

/** What `finish` raises. */
const OWNERSHIP_LOST = 'AR001'

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
    intend: (intended, nowMs) =>
      statement('intend', statements.INTEND, [
        ...scopesOf(intended),
        Math.floor(nowMs),
        intended.map(({ inputHash }) => inputHash),
        intended.map(({ call }) => JSON.stringify(call)),
        intended.map(({ intent }) => JSON.stringify(intent)),
      ]),
    waiting: async (operations) =>
      (await run('waiting', statements.WAITING, [operations])).map((row) => String(row['operation'])),
    take: async (operation, limit, nowMs) =>
      (await run('take', statements.TAKE, [owner, operation, limit, leaseMs, Math.floor(nowMs)])).map(jobOf),
    putBack: (job, error, delayMs) =>
      write('put_back', statements.PUT_BACK, [...fenced(job), error, delayMs]),
    finish(jobs) {
      // In the order of keys, as `renew` goes: two statements over the same rows don't deadlock.
      const sorted = jobs.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))
      return statement('finish', statements.FINISH, [
        owner,
        ...scopesOf(sorted),
        sorted.map(({ fence }) => fence),
      ])
    },
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
      const kept = await run('renew', statements.RENEW, [owner, ...scopesOf(jobs), leaseMs])
      return new Set(kept.map((row) => jobKey(scopeOf(row))))
    },
    claimDue: async (operations, limit) =>
      (await run('claim_due', statements.CLAIM_DUE, [owner, operations, limit, leaseMs])).map(jobOf),
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

function scopesOf(jobs: readonly Pick<Job, 'scope'>[]): string[][] {
  const scopes = jobs.map(({ scope }) => scope)
  return [
    scopes.map(({ operation }) => operation),
    scopes.map(({ principal }) => principal),
    scopes.map(({ key }) => key),
  ]
}

/** C collation sorts by bytes: a separator below all others keeps the order of the columns. */
function rank({ scope: { operation, principal, key } }: Job): string {
  return [operation, principal, key].join('\0')
}

/** Whether a write came too late: another instance owns what it was about. */
export function isOwnershipLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === OWNERSHIP_LOST
}
