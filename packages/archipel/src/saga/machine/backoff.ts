import type { ResolvedRetry } from '../definition/types.ts'

/** Exponential with full jitter: below twice the former limit, never above the longest, not before the callee asked for it. */
export function waitMs(retry: ResolvedRetry, tries: number, random: number, retryAfterMs = 0): number {
  const limit = Math.min(retry.longestDelayMs, retry.firstDelayMs * 2 ** Math.min(tries - 1, 40))
  return Math.max(1, Math.round(random * limit), Math.min(retryAfterMs, retry.longestDelayMs))
}
