import type {
  Attributes,
  Span as RecordedSpan,
  SpanContext,
  SpanKind as RecordedKind,
} from '@opentelemetry/api'
import { isArchipelError } from '../errors/index.ts'
import type { TelemetryOptions } from './options.ts'
import { withoutTexts, type Redaction } from './redact.ts'
import { isTraceparent } from './traceparent.ts'
import type { Span, SpanKind, Telemetry } from './types.ts'

export interface Traces {
  readonly span: Telemetry['span']
  close(): Promise<void>
}

/** The numbers of OpenTelemetry's `SpanKind`. */
const KINDS: Readonly<Record<SpanKind, RecordedKind>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
}
const ERROR_STATUS = 2

function contextOf(traceparent: string): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16) & 1,
    isRemote: true,
  }
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`
}

function wrap(span: RecordedSpan, redaction: Redaction): Span {
  let ended = false
  return {
    traceparent: traceparentOf(span.spanContext()),
    fail(error, hidden = []) {
      const text = redaction.text(error instanceof Error ? error.message : String(error))
      span.setAttribute(
        'error.type',
        isArchipelError(error) ? error.code : error instanceof Error ? error.name : 'unknown',
      )
      span.setStatus({ code: ERROR_STATUS, message: withoutTexts(text, hidden) })
    },
    end() {
      if (ended) return
      ended = true
      span.end()
    },
  }
}

function withoutSecrets(attributes: Attributes, redaction: Redaction): Attributes {
  const result: Attributes = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (redaction.hides(name)) continue
    result[name] = typeof value === 'string' ? redaction.text(value) : value
  }
  return result
}

function tracesAddress(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`
}

/** Records spans and sends them in batches to an OTLP/HTTP receiver. The SDK is loaded only here: it is large. */
export async function exportedTraces(
  options: TelemetryOptions,
  endpoint: string,
  redaction: Redaction,
): Promise<Traces> {
  const [{ ROOT_CONTEXT, trace }, sdk, { resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all(
    [
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ],
  )
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.service,
      ...(options.instance !== undefined && { 'service.instance.id': options.instance }),
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: tracesAddress(endpoint), timeoutMillis: 5_000 }),
        scheduledDelayMillis: 1_000,
        maxQueueSize: 8_192,
      }),
    ],
  })
  const tracer = provider.getTracer('archipel')
  return {
    span(name, kind, parent, attributes) {
      const context =
        parent !== undefined && isTraceparent(parent)
          ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent))
          : ROOT_CONTEXT
      const safe = attributes === undefined ? {} : { attributes: withoutSecrets(attributes, redaction) }
      return wrap(tracer.startSpan(name, { kind: KINDS[kind], ...safe }, context), redaction)
    },
    close: () => provider.shutdown(),
  }
}
