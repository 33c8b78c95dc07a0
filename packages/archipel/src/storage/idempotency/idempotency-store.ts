import type { ForwardAttempt } from '../../call/index.ts'
import type { JsonObject, JsonValue } from '../../errors/index.ts'
import type { FrameworkStatement, Transaction } from '../types.ts'

/** What identifies one command: guarantees that two requests are the same. */
export interface CommandScope {
  readonly operation: string
  /** The principal's id, or of a caller without one its service, or the input's hash. */
  readonly principal: string
  readonly key: string
}

/** One command, as its record is written. */
export interface CommandRecord {
  readonly scope: CommandScope
  readonly inputHash: Buffer
  /** By which everything that one request led to is found. */
  readonly correlationId: string
}

/** What an activity that is at work came to. */
export interface SettledRecord extends CommandRecord {
  /** How its effect went, for who reads the story later. */
  readonly effect?: JsonObject | undefined
  readonly outcome: { readonly answer: JsonValue } | { readonly refusal: StoredRefusal }
}

export interface StoredRefusal {
  readonly code: string
  readonly kind: string
  readonly message: string
  readonly details?: JsonObject
}

/** What the record of a key says when a command arrives. */
export type ClaimOutcome =
  | { readonly is: 'new' }
  | { readonly is: 'in-progress' }
  | { readonly is: 'answered'; readonly answer: JsonValue }
  | { readonly is: 'refused'; readonly refusal: StoredRefusal }
  /** The same key came with another input. */
  | { readonly is: 'reused' }
  /** The undo of this saga step was here first. */
  | { readonly is: 'withdrawn' }
  /** An undo whose forward attempts all had no effect: nothing to do. */
  | { readonly is: 'nothing-to-undo' }

/**
 * The answers of commands, one row a key, in the service's own database. The primary key is the guarantee;
 * the advisory lock taken with a key only avoids a wait (it refuses where another transaction holds it).
 */
export interface IdempotencyStore {
  /**
   * Statements that take a key which must be new, until the end of the transaction: for its opening. For any other key
   * they fail with what `isKeyKnown` tells, and without waiting; `claim` then says, in a transaction of its own, what
   * the key is.
   */
  takeNew(scope: CommandScope): readonly FrameworkStatement[]
  /**
   * Locks the key until the end of the transaction and reads its record, in that order. With `undoes` it first
   * locks each forward key, marks those without a record withdrawn, and answers `in-progress` while one is at work.
   */
  claim(
    transaction: Transaction,
    scope: CommandScope,
    inputHash: Buffer,
    undoes: readonly ForwardAttempt[] | undefined,
  ): Promise<ClaimOutcome>
  /** Reads a record without a transaction; `new` also when it is at work. For commands that prepare. */
  look(scope: CommandScope, inputHash: Buffer): Promise<ClaimOutcome>
  /** Statement that stores the final answer of a key that was taken as new: if it has a record, its primary key is violated. */
  answered(record: CommandRecord, answer: JsonValue): FrameworkStatement
  refused(record: CommandRecord, refusal: StoredRefusal): FrameworkStatement
  /** Statement that marks a key as at work beyond this transaction: the intent of an activity. */
  working(record: CommandRecord): FrameworkStatement
  /**
   * Marks keys that nobody claimed as at work beyond this transaction, and waits for who is just doing so.
   * @returns the records that are new; of the others, what they stand for is begun or done
   */
  beginWorking(transaction: Transaction, records: readonly CommandRecord[]): Promise<CommandRecord[]>
  /** Statement that stores the final answers of keys at work: all of them, or it fails. */
  settled(records: readonly SettledRecord[]): FrameworkStatement
}
