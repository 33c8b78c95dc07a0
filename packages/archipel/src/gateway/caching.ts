import { createHash } from 'node:crypto'
import type { CallMetadata } from '../call/index.ts'
import type { Operation } from '../contract/index.ts'
import { durationMs } from '../environment/index.ts'

/** Who may keep an answer, and how long, as headers of that answer. */
export type Caching = (metadata: Pick<CallMetadata, 'principal'>) => readonly string[]

export const NO_STORE: readonly string[] = ['Cache-Control', 'no-store']

/**
 * Compiles the caching of one operation. Only what anybody may read, and was asked for without credentials, may lie in
 * a cache that is shared; without a rule in the contract it is asked for anew each time, and all else is nobody's to keep.
 */
export function cachingOf({ kind, cache }: Operation, isPublic: boolean): Caching {
  if (kind !== 'query' && kind !== 'download') return () => NO_STORE
  const seconds = cache === undefined ? undefined : durationMs(cache.maxAge) / 1_000
  const shared = keptBy(seconds === undefined ? 'no-cache' : `public, max-age=${seconds}`)
  const own = seconds === undefined ? NO_STORE : keptBy(`private, max-age=${seconds}`)
  return ({ principal }) => (isPublic && principal === undefined ? shared : own)
}

/** Who sends credentials may get another answer than who sends none. */
function keptBy(directives: string): readonly string[] {
  return ['Cache-Control', directives, 'Vary', 'Authorization']
}

/** A strong entity tag: equal exactly where the bytes are. */
export function entityTagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`
}
