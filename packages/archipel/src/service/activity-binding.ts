import { createQueryClientFactory, type Outbound } from '../call/index.ts'
import { frameworkError, type JsonValue } from '../errors/index.ts'
import type { Leftovers } from '../messaging/index.ts'
import type {
  ActivityCall,
  ActivityDefinition,
  BoundActivity,
  EffectBounds,
  Refused,
  TransactionOwner,
} from '../saga/index.ts'
import type { Transaction } from '../storage/index.ts'
import { isLostRace } from './lost-race.ts'
import { errorOfHandler, isDeclared, type OperationParts } from './operation-parts.ts'
import { storedRefusal } from './outcome.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { lendTo, ROLLBACK_TO_SAVEPOINT, SAVEPOINT } from './transaction-context.ts'

/** How long one of the two transactions of an activity may take. */
const TRANSACTION_MS = 30_000

/** An activity with its contexts filled in, for the room that runs it. */
export function bindActivity(parts: OperationParts, definition: ActivityDefinition): BoundActivity {
  const clients = Object.entries(definition.uses).map(
    ([name, used]) => [name, createQueryClientFactory(used)] as const,
  )
  return {
    operation: parts.name,
    repeat: definition.repeat,
    keyLifetimeMs: definition.keyLifetimeMs,
    retry: definition.retry,
    atOnce: definition.atOnce,
    async intend(input, transaction, call, whose) {
      const intend = (context: Context) => definition.intend(input, context)
      const moment = await inMoment(parts, { transaction, whose, call }, intend)
      return 'refusal' in moment ? moment : { intent: moment.value, leftovers: moment.leftovers }
    },
    async effect(intent, bounds, call) {
      const outbound = outboundOf(parts, bounds, call)
      const reading = Object.fromEntries(clients.map(([name, create]) => [name, create(outbound)]))
      const { key, signal, attempt } = bounds
      const context = { ...definition.effects, ...reading, key, signal, attempt, nothingSent }
      return jsonOf(await definition.effect(intent, context))
    },
    async settle(outcome, intent, transaction, call, whose) {
      const settle = (context: Context) =>
        definition.settle(outcome, { ...context, input: call.input, intent })
      const moment = await inMoment(parts, { transaction, whose, call }, settle)
      return 'refusal' in moment
        ? moment
        : { answer: jsonOf(parts.output(moment.value)), leftovers: moment.leftovers }
    },
  }
}

/** Where the clients of an effect send their calls: on behalf of who asked for it, until its try ends. */
function outboundOf(
  { service }: OperationParts,
  { deadlineAt, signal }: EffectBounds,
  { principal, correlationId, traceparent }: ActivityCall,
): Outbound {
  return {
    pipeline: service.runtime.pipeline,
    metadata: {
      caller: service.name,
      principal,
      idempotencyKey: undefined,
      correlationId,
      traceparent,
      undoes: undefined,
    },
    // Of another maker they become ours once, not for each call.
    bounds: service.runtime.bounds.adopt({ deadlineAt, signal }),
  }
}

function nothingSent(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return frameworkError('ARC_NOTHING_SENT', `nothing was sent: ${why}`, { effect: 'none', cause })
}

type Context = Parameters<ActivityDefinition['intend']>[1]
type Moment = Refused | { readonly value: JsonValue; readonly leftovers: Leftovers }
interface MomentParts {
  readonly transaction: Transaction
  readonly whose: TransactionOwner
  readonly call: ActivityCall
}

/** One of the two transactions: a declared error that is thrown undoes what was written, one that is returned keeps it. */
async function inMoment(
  parts: OperationParts,
  { transaction, whose, call }: MomentParts,
  work: (context: Context) => Promise<unknown>,
): Promise<Moment> {
  const { principal, correlationId, traceparent, key } = call
  const buffer = new TransactionBuffer(parts.service, {
    principal,
    correlationId,
    traceparent,
    causationId: key,
  })
  const empty = buffer.mark()
  using bounds = parts.service.runtime.bounds.open(TRANSACTION_MS)
  if (whose === 'shared' && Object.keys(parts.definition.errors).length > 0) transaction.precede(SAVEPOINT)
  const context = contextOf(parts, call, { buffer, transaction, signal: bounds.signal })
  try {
    const value = await work(context)
    const leftovers = buffer.leftovers()
    if (!isDeclared(parts, value)) return { value: jsonOf(value), leftovers }
    if (!value.final) throw value
    return { refusal: storedRefusal(value), leftovers }
  } catch (error) {
    // Whoever repeats the whole transaction has to see what it was.
    if (isLostRace(error)) throw error
    if (!isDeclared(parts, error) || !error.final)
      throw errorOfHandler(parts, error, {
        input: call.input,
        metadata: { ...CALLERLESS, principal, correlationId, traceparent },
      })
    if (whose === 'shared') await transaction.query(ROLLBACK_TO_SAVEPOINT)
    buffer.resetTo(empty)
    return { refusal: storedRefusal(error), undo: whose === 'own', leftovers: buffer.leftovers() }
  }
}

const CALLERLESS = { caller: 'activity', idempotencyKey: undefined, undoes: undefined }

function contextOf(
  parts: OperationParts,
  { key, principal, correlationId }: ActivityCall,
  {
    buffer,
    transaction,
    signal,
  }: { buffer: TransactionBuffer; transaction: Transaction; signal: AbortSignal },
): Context {
  const { publish } = buffer
  const { now, id } = parts.service
  return {
    db: lendTo(buffer, transaction, signal),
    publish,
    errors: parts.errors,
    key,
    principal,
    correlationId,
    now,
    id,
  }
}

/** What is kept between the moments of an activity, exactly as it will be read after a crash. */
function jsonOf(value: unknown): JsonValue {
  const copy: JsonValue = value === undefined ? null : JSON.parse(JSON.stringify(value))
  return copy
}
