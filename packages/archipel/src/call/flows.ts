import { frameworkError, isArchipelError, type ArchipelError } from '../errors/index.ts'
import type { Bounds, BoundsSource } from './bounds.ts'
import type { CallPipeline, CallTarget, Outbound, StreamOptions } from './outbound.ts'
import type { Download, StreamItem, Transport } from './types.ts'
import { failedCall } from './failed-call.ts'
import { carriedError } from './wire.ts'

/** What flows for as long as its reader wants it: nothing of it is repeated, its reader asks anew. */
export function createFlows(
  transport: Transport,
  source: BoundsSource,
): Pick<CallPipeline, 'stream' | 'download'> {
  async function* stream(
    { service, operation }: CallTarget,
    input: unknown,
    outbound: Outbound,
    options?: StreamOptions,
  ): AsyncIterable<StreamItem> {
    const bounds = openBounds(source, outbound, options)
    const metadata = { ...outbound.metadata, lastEventId: options?.lastEventId }
    try {
      yield* transport.stream({ service, operation, input, metadata }, bounds)
    } catch (error) {
      throw carried(error, outbound)
    } finally {
      bounds.cancel('The reader of the stream left')
    }
  }

  async function download(
    { service, operation }: CallTarget,
    input: unknown,
    outbound: Outbound,
    options?: Pick<StreamOptions, 'signal'>,
  ): Promise<Download> {
    const bounds = openBounds(source, outbound, options)
    const { metadata } = outbound
    try {
      const found = await transport.download({ service, operation, input, metadata }, bounds)
      return { ...found, read: (from, to) => bytesWithin(found.read(from, to), bounds, outbound) }
    } catch (error) {
      bounds.close()
      return failedCall(carried(error, outbound), { service, operation })
    }
  }

  return { stream, download }
}

/** It has no end of its own, only its reader's. */
function openBounds(source: BoundsSource, outbound: Outbound, options: StreamOptions | undefined): Bounds {
  const bounds = outbound.bounds === undefined ? source.open(Infinity) : source.within(outbound.bounds)
  if (options?.signal) bounds.follow(options.signal)
  return bounds
}

async function* bytesWithin(
  bytes: AsyncIterable<Uint8Array>,
  bounds: Bounds,
  outbound: Outbound,
): AsyncIterable<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    throw carried(error, outbound)
  } finally {
    bounds.close()
  }
}

function carried(error: unknown, { metadata }: Outbound): ArchipelError {
  return isArchipelError(error)
    ? carriedError(error, metadata.correlationId)
    : frameworkError('ARC_INTERNAL', 'The transport failed', { cause: error })
}
