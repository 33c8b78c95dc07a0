import { frameworkError } from './catalogue.ts'
import type { ArchipelError } from './archipel-error.ts'

/**
 * What failed between a commit and the answer. The work is done, but its answer is not at hand: asking again under the
 * same key brings it.
 */
export function failedAfterCommit(path: string, cause: unknown): ArchipelError {
  return frameworkError('ARC_INTERNAL', `${path} is committed, and what follows its commit failed`, {
    effect: 'unknown',
    cause,
  })
}
