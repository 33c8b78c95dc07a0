import { z, type ZodRawShape } from 'zod'
import type { Access, InputOf, Operation, OutputOf } from '../../contract/index.ts'
import type { JsonObject } from '../../errors/index.ts'

/** Who may use the operations door: whoever holds its token. */
export const operatorAccess: Access = { roles: ['operator'] }

/** What surrounds one action of an operator. */
export interface OperatorContext {
  readonly correlationId: string
  readonly signal: AbortSignal
}

/** An operation of the operations door, with what it does. */
export interface OperatorOperation {
  readonly operation: Operation
  // oxlint-disable-next-line typescript/no-explicit-any -- the type of each input is checked by operatorOperation()
  readonly handler: (input: any, context: OperatorContext) => unknown
}

/** One action, as it is kept: it is recorded before it is done. */
export interface OperatorAction {
  readonly operation: string
  readonly who: string
  readonly why: string
  readonly input: JsonObject
  /** An ISO 8601 instant. */
  readonly at: string
  readonly correlationId: string
}

/** Joins an operation and its handler, so that the handler's input has the type that the operation says. */
export function operatorOperation<TOperation extends Operation>(
  operation: TOperation,
  handler: (
    input: InputOf<TOperation>,
    context: OperatorContext,
  ) => Promise<OutputOf<TOperation>> | OutputOf<TOperation>,
): OperatorOperation {
  return { operation, handler }
}

/** The input of a command at the operations door: the fields given, and who wants it and why. */
export function actionInput<TShape extends ZodRawShape>(shape: TShape) {
  return z.object({
    ...shape,
    who: z.string().min(1).max(200).describe('Who does this: a name that others can ask.'),
    why: z.string().min(1).max(2_000).describe('Why, for whoever reads the record later.'),
  })
}
