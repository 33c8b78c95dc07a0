import type { Contract } from '../contract/index.ts'

/** What the public port lets pass. Every limit can only be lowered by a request, never raised. */
export interface GatewayLimits {
  /** Bytes of a body. Default: 1 MiB. */
  readonly bodyBytes: number
  /** Nesting of a JSON body. Default: 32. */
  readonly jsonDepth: number
  /** How long a request may take, in milliseconds; the header `Archipel-Deadline` shortens it. Default: 10,000. */
  readonly deadlineMs: number
  /** Streams that are open at once. Default: 1,000. */
  readonly streams: number
  /** Of these, streams of one principal, so that nobody takes them all. Default: 100. */
  readonly streamsOfOne: number
  /** Uploads and downloads that are under way at once. Default: 500. */
  readonly transfers: number
  /** Milliseconds between the comments that keep an idle stream alive. Default: 15,000. */
  readonly heartbeatMs: number
}

/** Who issues the tokens that the gateway accepts. */
export interface TokenOptions {
  /** The exact `iss` of a token. */
  readonly issuer: string
  /** The `aud` of a token must be this or contain it. */
  readonly audience: string
  /** The internal query, without input, that answers the public keys as a JWK set: `{ keys: […] }`. */
  readonly keys: { readonly contract: Contract; readonly operation: string }
}

export interface GatewayOptions {
  /** Without it every operation that isn't public answers 401. */
  readonly tokens?: TokenOptions | undefined
  readonly limits?: Partial<GatewayLimits> | undefined
  /** Prefix of all routes. Default: `/api/v1`. */
  readonly prefix?: string | undefined
}

/** The gateway of an application as its `application.ts` states it, with every default filled in. */
export interface GatewayDefinition {
  readonly tokens: TokenOptions | undefined
  readonly limits: GatewayLimits
  readonly prefix: string
}
