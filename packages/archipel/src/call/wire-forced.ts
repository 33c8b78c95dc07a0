import type { Contract } from '../contract/index.ts'
import { copiedDownload, recordedBody } from './wire-forced-bytes.ts'
import type {
  CallBounds,
  CallRequest,
  Download,
  IncomingBody,
  StreamItem,
  Transport,
  WireError,
} from './types.ts'
import {
  decodeAnswer,
  decodeError,
  decodeItem,
  decodeRequest,
  encodeAnswer,
  encodeError,
  encodeItem,
  encodeRequest,
} from './wire.ts'

export interface WireForcedOptions {
  /** Tells which operations may be sent twice: queries, and commands with a key whose answer is no secret. */
  readonly contracts: readonly Contract[]
  /** Told when the same command gave two answers: it isn't idempotent. */
  readonly onDifference?: (request: CallRequest, first: string, second: string) => void
}

/** An answer or an error as text. */
type Carried = { readonly answer: string } | { readonly error: string; readonly code: string }

const textOf = (carried: Carried): string => ('answer' in carried ? carried.answer : carried.error)

/**
 * A transport for tests: everything goes through the text of the wire, each call arrives once more than it was
 * sent, and each answer is lost once. What works by sharing objects, or by luck, breaks here.
 */
export function wireForced(transport: Transport, options: WireForcedOptions): Transport {
  const { contracts, onDifference } = options
  const operations = new Map(contracts.map(({ name, operations }) => [name, operations]))

  function isRepeatable({ service, operation, metadata }: CallRequest): boolean {
    const definition = operations.get(service)?.[operation]
    if (definition === undefined || definition.secret) return false
    return definition.kind === 'query' || metadata.idempotencyKey !== undefined
  }

  async function deliver(text: string, bounds: CallBounds, body?: IncomingBody): Promise<Carried> {
    const request = { ...decodeRequest(text), body }
    try {
      return { answer: encodeAnswer(await transport.call(request, bounds)) }
    } catch (error) {
      const wire = encodeError(error, request.metadata.correlationId)
      return { error: JSON.stringify(wire), code: wire.code }
    }
  }

  async function deliverTwice(text: string, bounds: CallBounds): Promise<Carried> {
    const [first, copy] = await Promise.all([deliver(text, bounds), deliver(text, bounds)])
    // One of the two finds the other at work: what counts is the one that did the work.
    return isAtWork(first) ? copy : first
  }

  /** The bytes of an upload come once, so that it is delivered again from a record, when the first has read them all. */
  async function upload(request: CallRequest, body: IncomingBody, bounds: CallBounds): Promise<unknown> {
    const text = encodeRequest(request)
    const { first: passed, again } = recordedBody(body)
    const first = await deliver(text, bounds, passed)
    const copy = again()
    if (copy === undefined || !isForGood(first)) return unpacked(first)
    const second = await deliver(text, bounds, copy)
    compare(request, first, second)
    return unpacked(second)
  }

  /** A repeat that was given up says nothing about what the command does. */
  function compare(request: CallRequest, first: Carried, second: Carried): void {
    const [one, other] = [textOf(first), textOf(second)]
    if (one !== other && isForGood(second)) onDifference?.(request, one, other)
  }

  async function call(request: CallRequest, bounds: CallBounds): Promise<unknown> {
    if (request.body !== undefined) return upload(request, request.body, bounds)
    const text = encodeRequest(request)
    const again = isRepeatable(request)
    const first = await (again ? deliverTwice(text, bounds) : deliver(text, bounds))
    if (!again || !isForGood(first)) return unpacked(first)
    const second = await deliver(text, bounds)
    if (request.metadata.idempotencyKey !== undefined) compare(request, first, second)
    return unpacked(second)
  }

  async function* stream(request: CallRequest, bounds: CallBounds): AsyncIterable<StreamItem> {
    const arrived = decodeRequest(encodeRequest(request))
    try {
      for await (const item of transport.stream(arrived, bounds)) yield decodeItem(encodeItem(item))
    } catch (error) {
      throw decodeError(encodeError(error, request.metadata.correlationId))
    }
  }

  async function download(request: CallRequest, bounds: CallBounds): Promise<Download> {
    const text = encodeRequest(request)
    const { correlationId } = request.metadata
    try {
      // The first answer is lost.
      await transport.download(decodeRequest(text), bounds)
      return copiedDownload(await transport.download(decodeRequest(text), bounds), correlationId)
    } catch (error) {
      throw decodeError(encodeError(error, correlationId))
    }
  }

  return { call, stream, download }
}

/** A caller outside had the key first: that says nothing of its outcome. */
function isAtWork(carried: Carried): boolean {
  return 'code' in carried && carried.code === 'ARC_KEY_IN_PROGRESS'
}

/** An answer, or a refusal that stays one. */
function isForGood(carried: Carried): boolean {
  return 'answer' in carried || (errorIn(carried).final && !isAtWork(carried))
}

function errorIn(carried: { readonly error: string }) {
  const wire: WireError = JSON.parse(carried.error)
  return decodeError(wire)
}

function unpacked(carried: Carried): unknown {
  if ('error' in carried) throw errorIn(carried)
  return decodeAnswer(carried.answer)
}
