import { ArchipelError, isArchipelError, isErrorKind, type Effect, type JsonValue } from '../errors/index.ts'
import type { CallRequest, StreamItem, WireError } from './types.ts'

/** A call as the text that travels. @throws TypeError for what JSON can't hold. */
export function encodeRequest(request: CallRequest): string {
  const { service, operation, input, metadata } = request
  return JSON.stringify({ service, operation, input, metadata })
}

/** The request in a text of {@link encodeRequest}. The text comes from a host of the same application. */
export function decodeRequest(text: string): CallRequest {
  const request: CallRequest = JSON.parse(text)
  return request
}

export function encodeAnswer(answer: unknown): string {
  return answer === undefined ? 'null' : JSON.stringify(answer)
}

export function decodeAnswer(text: string): JsonValue {
  const answer: JsonValue = JSON.parse(text)
  return answer
}

export function encodeItem(item: StreamItem): string {
  return JSON.stringify({ id: item.id, data: item.data })
}

export function decodeItem(text: string): StreamItem {
  const item: StreamItem = JSON.parse(text)
  return item
}

/** What a caller may know of an error that no contract declares: that there was one, and where to look it up. */
export function redactedError(correlationId: string, effect: Effect, cause?: unknown): ArchipelError {
  return new ArchipelError({
    code: 'ARC_INTERNAL',
    kind: 'internal',
    message: `Something went wrong inside; look for the correlation id ${correlationId}`,
    effect,
    details: { correlationId },
    cause,
  })
}

/**
 * An error as it travels: its code, kind, effect and details, never its cause or its stack. What isn't an
 * {@link ArchipelError}, or is internal, is redacted.
 */
export function encodeError(error: unknown, correlationId: string): WireError {
  const known = isArchipelError(error) ? error : undefined
  const visible = known && (known.kind !== 'internal' || known.code === 'ARC_INTERNAL') ? known : undefined
  const { code, kind, effect, message, details, retryAfterMs, declaredBy } =
    visible ?? redactedError(correlationId, known?.effect ?? 'none')
  return {
    code,
    kind,
    effect,
    message,
    ...(details !== undefined && { details }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(declaredBy !== undefined && { declaredBy }),
  }
}

const EFFECTS: readonly unknown[] = ['none', 'unknown', 'done'] satisfies Effect[]

/** The error in what came over the wire: same class, code, kind and details as where it was thrown. */
export function decodeError(wire: WireError): ArchipelError {
  return new ArchipelError({
    ...wire,
    kind: isErrorKind(wire.kind) ? wire.kind : 'internal',
    effect: EFFECTS.includes(wire.effect) ? wire.effect : 'unknown',
  })
}

/** What a caller in the same process gets: the error as it would come over the wire, sharing nothing with the callee. */
export function carriedError(error: unknown, correlationId: string): ArchipelError {
  const wire: WireError = JSON.parse(JSON.stringify(encodeError(error, correlationId)))
  return decodeError(wire)
}
