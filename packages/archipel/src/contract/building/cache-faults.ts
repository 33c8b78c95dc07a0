import { durationMs } from '../../environment/index.ts'
import type { CacheRule, Operation } from '../types.ts'
import type { ReportFault } from './fault.ts'

/** Reports a rule of caching that says nothing, or that nobody could keep. */
export function reportCacheFaults({ cache, http }: Operation, path: string, report: ReportFault): void {
  if (cache === undefined) return
  if (http?.method !== 'GET')
    report(
      `${path}.cache`,
      'only the answer to a GET is ever kept',
      "Give it a route such as 'GET /things/{id}', or leave cache out.",
    )
  if (!isWholeSeconds(cache))
    report(
      `${path}.cache.maxAge`,
      `${JSON.stringify(cache.maxAge)} is no number of whole seconds`,
      "Write a duration such as '5s', '10m' or '1h'; '0s' means: ask each time whether it has changed.",
    )
}

function isWholeSeconds({ maxAge }: CacheRule): boolean {
  try {
    return durationMs(maxAge) % 1_000 === 0
  } catch {
    return false
  }
}
