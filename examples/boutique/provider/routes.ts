import type { IncomingMessage } from 'node:http'
import { readJson } from './body.ts'
import type { Ledger, Outcome } from './ledger.ts'
import { parse, Refusal, type Reply } from './replies.ts'
import {
  AuthorisationRequest,
  BooksQuery,
  CaptureRequest,
  CreditRequest,
  IdempotencyKey,
  RefundRequest,
  VoidRequest,
} from './requests.ts'

/** The reply, and whether it comes in an unfriendly manner. */
export interface Answer extends Reply {
  readonly manner?: Outcome['manner']
}

type Write = (key: string, body: unknown) => Promise<Outcome>
type Read = (url: URL) => Promise<Reply>

/** Finds what a request asks for, does it, and says what to answer; throws a refusal or the database's failure. */
export function createRoutes(ledger: Ledger): (request: IncomingMessage) => Promise<Answer> {
  const writes = writesOf(ledger)
  const readOf = readsOf(ledger)
  return async (request) => {
    const url = URL.parse(request.url ?? '', 'http://provider')
    const write = url ? writes.get(url.pathname) : undefined
    if (write) {
      checkMethod(request, 'POST')
      const key = idempotencyKeyOf(request)
      return toAnswer(await write(key, await readJson(request)))
    }
    const read = url ? readOf(url.pathname) : undefined
    if (!url || !read) throw new Refusal(404, 'not_found', 'There is nothing here')
    checkMethod(request, 'GET')
    return read(url)
  }
}

function writesOf(ledger: Ledger): ReadonlyMap<string, Write> {
  return new Map<string, Write>([
    ['/authorisations', (key, body) => ledger.authorise(key, parse(AuthorisationRequest, body))],
    ['/captures', (key, body) => ledger.capture(key, parse(CaptureRequest, body))],
    ['/refunds', (key, body) => ledger.refund(key, parse(RefundRequest, body))],
    ['/credits', (key, body) => ledger.credit(key, parse(CreditRequest, body))],
    [
      '/voids',
      (key, body) => {
        const request = parse(VoidRequest, body)
        if (request.authorisationKey === key) {
          throw new Refusal(400, 'invalid_request', 'authorisationKey: a void needs a key of its own')
        }
        return ledger.void(key, request)
      },
    ],
  ])
}

function readsOf(ledger: Ledger): (path: string) => Read | undefined {
  return (path) => {
    if (path === '/livez') return async () => ({ status: 200, body: '{"status":"ok"}' })
    if (path === '/books') return async (url) => ({ status: 200, body: await ledger.books(pageOf(url)) })
    const key = /^\/operations\/([^/]+)$/.exec(path)?.[1]
    return key === undefined ? undefined : () => findOperation(ledger, key)
  }
}

async function findOperation(ledger: Ledger, segment: string): Promise<Reply> {
  const key = parse(IdempotencyKey, decode(segment))
  const body = await ledger.operation(key)
  if (body === undefined)
    throw new Refusal(404, 'unknown_key', 'No operation has been answered under this key')
  return { status: 200, body }
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function pageOf(url: URL): BooksQuery {
  return parse(BooksQuery, Object.fromEntries(url.searchParams))
}

function checkMethod(request: IncomingMessage, allowed: 'GET' | 'POST'): void {
  if (request.method === allowed) return
  throw new Refusal(405, 'method_not_allowed', `Use ${allowed}`, { allow: allowed })
}

function idempotencyKeyOf(request: IncomingMessage): string {
  const header = request.headers['idempotency-key']
  if (header === undefined) throw new Refusal(400, 'idempotency_key_required', 'Idempotency-Key is missing')
  const key = IdempotencyKey.safeParse(header)
  if (key.success) return key.data
  throw new Refusal(
    400,
    'invalid_idempotency_key',
    'Idempotency-Key must be 1 to 200 visible ASCII characters',
  )
}

function toAnswer({ status, body, replayed, manner }: Outcome): Answer {
  return replayed
    ? { status, body, manner, headers: { 'idempotent-replayed': 'true' } }
    : { status, body, manner }
}
