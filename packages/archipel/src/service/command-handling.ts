import type { ArchipelError } from '../errors/index.ts'
import { underNewKey, type Queryable, type Transaction } from '../storage/index.ts'
import { requireOwner, type CommandCall, type CommandImplementation } from './command-call.ts'
import { logOf } from './context.ts'
import { isLostRace } from './lost-race.ts'
import { errorOfHandler, isDeclared, type OperationParts } from './operation-parts.ts'
import type { Outcome } from './outcome.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'
import { lendTo } from './transaction-context.ts'

/** What a handler came to. A refusal that is thrown takes with it what was written; one that is returned keeps it. */
export type Ending = Outcome | { readonly thrown: ArchipelError }

export interface Handling {
  readonly transaction: Transaction
  readonly buffer: TransactionBuffer
  readonly prepared: unknown
}

/** Runs the handler. @throws what ends this request alone: it becomes nobody's answer. */
export async function handle(
  call: CommandCall,
  { handler }: CommandImplementation,
  { transaction, buffer, prepared }: Handling,
): Promise<Ending> {
  const { parts, request, input } = call
  try {
    return await underNewKey(transaction, async () => {
      const ending = endingOf(parts, await handler(input, contextOf(call, transaction, buffer), prepared))
      await buffer.intend(transaction)
      return ending
    })
  } catch (error) {
    if (isLostRace(error)) throw error
    if (isDeclared(parts, error) && error.final) return { thrown: error }
    throw errorOfHandler(parts, error, request)
  }
}

/** Asks, in the transaction, whose the thing is. */
export async function requireOwnerIn(
  transaction: Transaction,
  call: CommandCall,
  { ownerOf }: CommandImplementation,
): Promise<void> {
  if (!call.onlyOwner) return
  const asked = (input: unknown, db: Queryable) => underNewKey(transaction, async () => ownerOf?.(input, db))
  await requireOwner(call, { ownerOf: asked }, transaction.lend(call.bounds.signal))
}

function endingOf(parts: OperationParts, result: unknown): Ending {
  if (!isDeclared(parts, result)) return { answer: parts.output(result) }
  if (result.final) return { refusal: result }
  throw result
}

/** What the handler of a command sees. Its clients only refuse: no network inside a transaction. */
function contextOf(call: CommandCall, transaction: Transaction, buffer: TransactionBuffer): object {
  const { parts, request, bounds } = call
  const { principal, correlationId } = request.metadata
  const { signal } = bounds
  return {
    ...parts.service.absent.inCommands,
    db: lendTo(buffer, transaction, signal),
    publish: buffer.publish,
    start: buffer.start,
    cancel: buffer.cancel,
    errors: parts.errors,
    principal,
    correlationId,
    signal,
    // Made when it is asked for: few handlers log, and it costs more than all the rest of this.
    get log() {
      return logOf(parts, request.metadata)
    },
    now: parts.service.now,
    id: parts.service.id,
    body: call.body,
  }
}
