import type { z } from 'zod'
import { Outage } from './outage.ts'

/** What goes back to the caller, except when the connection is cut instead. */
export interface Reply {
  readonly status: number
  /** JSON text. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that is refused before it reaches the books; nothing is stored under its key. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reply: Reply

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.reply = { status, body: problem(code, message), headers }
  }
}

/** The value a schema reads, or a refusal that names the first field at fault. */
export function parse<TSchema extends z.ZodType>(schema: TSchema, value: unknown): z.output<TSchema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new Refusal(
    400,
    'invalid_request',
    `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'invalid'}`,
  )
}

/** The answer to a request that failed. A caller of a write repeats it with the same key on any 5xx. */
export function replyTo(failure: unknown): Reply {
  if (failure instanceof Refusal) return failure.reply
  if (failure instanceof Outage)
    return { status: 503, body: problem('outcome_unknown', 'Repeat with the same key') }
  return { status: 500, body: problem('internal_error', 'The provider failed; repeat with the same key') }
}

function problem(code: string, message: string): string {
  return JSON.stringify({ error: { code, message } })
}
