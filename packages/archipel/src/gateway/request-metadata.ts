import type { CallMetadata, Principal } from '../call/index.ts'
import { frameworkError } from '../errors/index.ts'
import type { Exchange } from '../host/index.ts'
import type { Route } from './routes.ts'
import type { Authenticate, Identity } from './tokens/jwt-authenticator.ts'

const LAST_EVENT_ID = /^[\x21-\x7e]{1,200}$/

/**
 * On whose behalf a request comes. A token that is not valid is refused also where none is needed: who sends one
 * means to be known. Whether the principal may do this is for the service to say.
 */
export function identify(
  exchange: Exchange,
  route: Route,
  authenticate: Authenticate | undefined,
): Identity | undefined | Promise<Identity> {
  const { authorization } = exchange.headers
  if (authorization === undefined && route.public) return undefined
  if (authorization === undefined) throw frameworkError('ARC_UNAUTHENTICATED', 'this operation needs a token')
  if (authenticate === undefined) throw frameworkError('ARC_UNAUTHENTICATED', 'tokens are not accepted here')
  return authenticate(authorization)
}

/** What travels beside the input: only what the gateway itself has found out or checked. */
export function metadataOf(
  exchange: Exchange,
  route: Route,
  principal: Principal | undefined,
  traceparent: string,
  newKey: (given: string | undefined) => string,
): CallMetadata {
  const { headers, correlationId } = exchange
  const { idempotencyKey, lastEventId } = headers
  const changes = route.kind === 'command' || route.kind === 'upload'
  const key = changes ? newKey(idempotencyKey) : undefined
  const metadata = {
    caller: 'gateway',
    principal,
    idempotencyKey: key,
    correlationId,
    traceparent,
    undoes: undefined,
  }
  if (route.kind !== 'stream' || lastEventId === undefined) return metadata
  if (!LAST_EVENT_ID.test(lastEventId))
    throw frameworkError('ARC_REQUEST_MALFORMED', 'Last-Event-ID must be 1 to 200 visible ASCII characters')
  return { ...metadata, lastEventId }
}
