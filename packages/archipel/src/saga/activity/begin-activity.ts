import {
  ArchipelError,
  failedAfterCommit,
  frameworkError,
  isErrorKind,
  type JsonValue,
} from '../../errors/index.ts'
import type { Leftovers } from '../../messaging/index.ts'
import {
  isKeyKnown,
  requireNewKey,
  underNewKey,
  type ClaimOutcome,
  type FrameworkStatement,
  type StoredRefusal,
  type Transaction,
} from '../../storage/index.ts'
import { jsonCopy } from '../json-copy.ts'
import type { Job } from './job.ts'
import { effectKey, reach, type RunnerParts } from './runner-parts.ts'
import type { ActivityRequest } from './runner-types.ts'
import type { ActivityCall, Intended, Refused } from './types.ts'

export type Begun =
  | { readonly is: 'known'; readonly answer: JsonValue }
  | { readonly is: 'begun'; readonly job: Job; readonly leaseUntil: number }

/**
 * Transaction 1: the key, the intent, and a row that this instance owns, together or not at all. A key is nearly always
 * new, so it is taken along with the first statement of the intent, as in a command; where it isn't, nothing is run, and
 * a transaction of its own reads what the key is.
 *
 * @throws the stored or new refusal, ARC_KEY_IN_PROGRESS, ARC_KEY_REUSED, ARC_WITHDRAWN
 */
export async function begin(parts: RunnerParts, request: ActivityRequest): Promise<Begun> {
  const asked = { ...request, call: callOf(parts, request) }
  if (request.undoes === undefined) {
    try {
      return await beginNew(parts, asked)
    } catch (error) {
      if (!isKeyKnown(error)) throw error
    }
  }
  return beginClaimed(parts, asked)
}

interface Asked extends ActivityRequest {
  readonly call: ActivityCall
}

/** @throws what `isKeyKnown` tells, with nothing written */
async function beginNew(parts: RunnerParts, asked: Asked): Promise<Begun> {
  const { database, idempotency } = parts
  const { activity, scope, input, call } = asked
  const opening = { statements: idempotency.takeNew(scope) }
  await using transaction = await database.begin(opening)
  const intended = await underNewKey(transaction, () => activity.intend(input, transaction, call, 'own'))
  if (!('refusal' in intended) || !intended.undo) return await ended(parts, asked, transaction, intended)
  // Of a key that is known it is no refusal: it is what the intent made of a failed statement.
  await requireNewKey(transaction)
  await transaction.rollback()
  await using refusing = await database.begin(opening)
  return await ended(parts, asked, refusing, intended)
}

/** The key first: what an undo withdraws must hold whatever its intent comes to. */
async function beginClaimed(parts: RunnerParts, asked: Asked): Promise<Begun> {
  const { activity, scope, inputHash, input, undoes, call } = asked
  await using transaction = await parts.database.begin()
  const claimed = await parts.idempotency.claim(transaction, scope, inputHash, undoes)
  if (claimed.is !== 'new') {
    // Finding nothing to undo has just withdrawn what is to come: only a commit makes that hold.
    if (claimed.is === 'nothing-to-undo') await transaction.commit([])
    return { is: 'known', answer: answerOf(parts, asked, claimed) }
  }
  const intended = await activity.intend(input, transaction, call, 'shared')
  return await ended(parts, asked, transaction, intended)
}

/** Writes what the intent came to. */
async function ended(
  parts: RunnerParts,
  { activity, scope, inputHash, call }: Asked,
  transaction: Transaction,
  intended: Intended | Refused,
): Promise<Begun> {
  const { environment, database, idempotency, store, tuning } = parts
  const record = { scope, inputHash, correlationId: call.correlationId }
  if ('refusal' in intended) {
    await transaction.commit([
      idempotency.refused(record, intended.refusal),
      ...lastOf(parts, intended.leftovers),
    ])
    done(parts, intended.leftovers)
    throw refusalError(database.service, intended.refusal)
  }
  await reach(parts, activity, 'intending')
  const intent = jsonCopy(intended.intent, `the intent of ${scope.operation}`)
  const firstSentAt = Math.floor(environment.clock.now())
  const leaseUntil = environment.clock.monotonic() + tuning.leaseMs
  const job: Job = {
    scope,
    inputHash,
    call,
    intent,
    fence: 1,
    attempts: 1,
    firstSentAt,
    outcome: undefined,
    lastError: undefined,
    unsent: false,
    awaited: true,
  }
  await transaction.commit([
    store.insert(job),
    idempotency.working(record),
    ...lastOf(parts, intended.leftovers),
  ])
  try {
    done(parts, intended.leftovers)
    await reach(parts, activity, 'intended')
  } catch (error) {
    throw failedAfterCommit(`the intent of ${database.service}.${scope.operation}`, error)
  }
  return { is: 'begun', job, leaseUntil }
}

/** What belongs to one request, the same in its first run and after any crash. */
export function callOf(
  parts: { readonly database: Pick<RunnerParts['database'], 'service'> },
  {
    scope,
    input,
    metadata: { principal, correlationId, traceparent },
  }: Pick<ActivityRequest, 'scope' | 'input' | 'metadata'>,
): ActivityCall {
  return { key: effectKey(parts.database.service, scope), input, principal, correlationId, traceparent }
}

function answerOf(
  parts: RunnerParts,
  { scope: { operation } }: ActivityRequest,
  claimed: Exclude<ClaimOutcome, { is: 'new' }>,
): JsonValue {
  const path = `${parts.database.service}.${operation}`
  switch (claimed.is) {
    case 'answered':
      return claimed.answer
    case 'nothing-to-undo':
      return null
    case 'refused':
      throw refusalError(parts.database.service, claimed.refusal)
    case 'in-progress':
      throw frameworkError('ARC_KEY_IN_PROGRESS', `${path} is at work under this key`, {
        effect: 'unknown',
        retryAfterMs: 1_000,
      })
    case 'reused':
      throw frameworkError('ARC_KEY_REUSED', `${path} had another input under this key`)
    case 'withdrawn':
      throw frameworkError('ARC_WITHDRAWN', `${path} was withdrawn by its undo`)
  }
}

/** A refusal as its caller gets it, now and from the record. */
export function refusalError(
  service: string,
  { code, kind, message, details }: StoredRefusal,
): ArchipelError {
  return new ArchipelError({
    code,
    kind: isErrorKind(kind) ? kind : 'refused',
    message,
    details,
    declaredBy: service,
  })
}

/** The end of the last round trip: everything else first, then the events. */
export function lastOf(
  { append, database }: Pick<RunnerParts, 'append' | 'database'>,
  { statements, events }: Leftovers,
): readonly FrameworkStatement[] {
  return events.length === 0 ? statements : [...statements, ...database.constraintChecks, append(events)]
}

export function done({ kick }: Pick<RunnerParts, 'kick'>, { events, committed }: Leftovers): void {
  committed()
  if (events.length > 0) kick()
}
