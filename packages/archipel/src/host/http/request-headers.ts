/** The headers that the doors read; every other one is ignored, so that no identity can come from outside. */
export interface RequestHeaders {
  host: string | undefined
  authorization: string | undefined
  contentType: string | undefined
  contentLength: string | undefined
  transferEncoding: string | undefined
  idempotencyKey: string | undefined
  correlationId: string | undefined
  traceparent: string | undefined
  lastEventId: string | undefined
  deadline: string | undefined
  expect: string | undefined
  origin: string | undefined
  upgrade: string | undefined
  ifNoneMatch: string | undefined
  ifRange: string | undefined
  range: string | undefined
}

type Field = keyof RequestHeaders

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['host', 'host'],
  ['authorization', 'authorization'],
  ['content-type', 'contentType'],
  ['content-length', 'contentLength'],
  ['transfer-encoding', 'transferEncoding'],
  ['idempotency-key', 'idempotencyKey'],
  ['x-correlation-id', 'correlationId'],
  ['traceparent', 'traceparent'],
  ['last-event-id', 'lastEventId'],
  ['archipel-deadline', 'deadline'],
  ['expect', 'expect'],
  ['origin', 'origin'],
  ['upgrade', 'upgrade'],
  ['if-none-match', 'ifNoneMatch'],
  ['if-range', 'ifRange'],
  ['range', 'range'],
])

const MOST_HEADERS = 100
const CONTROL_OR_NON_ASCII = /[^\t\x20-\x7e]/
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/
const LENGTH = /^(?:0|[1-9]\d{0,15})$/

/** The headers of a request that has none, or whose headers can't be trusted. */
export function noHeaders(): RequestHeaders {
  return {
    host: undefined,
    authorization: undefined,
    contentType: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    idempotencyKey: undefined,
    correlationId: undefined,
    traceparent: undefined,
    lastEventId: undefined,
    deadline: undefined,
    expect: undefined,
    origin: undefined,
    upgrade: undefined,
    ifNoneMatch: undefined,
    ifRange: undefined,
    range: undefined,
  }
}

/** Why a request is refused before anybody looks at its target. */
export interface HeaderRefusal {
  readonly status: 400 | 401 | 417 | 431 | 501 | 505
  readonly message: string
}

function refusalOf(headers: RequestHeaders, version: string): HeaderRefusal | undefined {
  const { host, contentLength, transferEncoding, expect } = headers
  if (version !== '1.1' && version !== '1.0')
    return { status: 505, message: `HTTP/${version} is not spoken here` }
  if (host === undefined ? version === '1.1' : !HOST.test(host))
    return { status: 400, message: 'the Host header is missing or not valid' }
  if (contentLength !== undefined && !LENGTH.test(contentLength))
    return { status: 400, message: 'the Content-Length is not valid' }
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined || version === '1.0')
      return { status: 400, message: 'Transfer-Encoding does not fit this request' }
    if (transferEncoding.toLowerCase() !== 'chunked')
      return { status: 501, message: 'only the transfer coding chunked is understood' }
  }
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    return { status: 417, message: 'this expectation is not understood' }
  return undefined
}

/** Reads the raw headers once. A header that may come once only, and comes twice, is a refusal. */
export function readHeaders(raw: readonly string[], version: string): RequestHeaders | HeaderRefusal {
  const headers = noHeaders()
  if (raw.length > MOST_HEADERS * 2) return { status: 431, message: `more than ${MOST_HEADERS} headers` }
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    if (CONTROL_OR_NON_ASCII.test(value))
      return { status: 400, message: 'a header has characters that are not visible ASCII' }
    const field = FIELDS.get(name) ?? FIELDS.get(name.toLowerCase())
    if (field === undefined) continue
    // A list may come in several lines, which mean the same as one.
    if (field === 'ifNoneMatch' && headers.ifNoneMatch !== undefined)
      headers.ifNoneMatch = `${headers.ifNoneMatch}, ${value}`
    else if (headers[field] !== undefined)
      return {
        status: field === 'authorization' ? 401 : 400,
        message: `the header ${name.toLowerCase()} comes twice`,
      }
    else headers[field] = value
  }
  return refusalOf(headers, version) ?? headers
}
