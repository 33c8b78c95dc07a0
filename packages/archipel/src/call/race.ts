import { frameworkError } from '../errors/index.ts'
import type { Bounds, BoundsSource } from './bounds.ts'
import type { CallBounds } from './types.ts'

/**
 * Runs several ways to one result side by side. The first that succeeds wins; the others are cancelled through
 * their bounds, and nobody waits for them.
 * @throws the error of the last that failed, when all fail.
 */
export async function firstOf<TResult>(
  source: BoundsSource,
  parent: CallBounds,
  contenders: readonly ((bounds: CallBounds) => Promise<TResult>)[],
): Promise<TResult> {
  const all = contenders.map((contender) => ({ contender, bounds: source.within(parent) }))
  let lastError: unknown = frameworkError('ARC_UNAVAILABLE', 'There was nobody to ask')
  const tries = all.map(async ({ contender, bounds }) => {
    try {
      return await contender(bounds)
    } catch (error) {
      lastError = error
      throw error
    }
  })
  try {
    return await Promise.any(tries)
  } catch {
    throw lastError
  } finally {
    for (const { bounds } of all) giveUp(bounds)
  }
}

function giveUp(bounds: Bounds): void {
  bounds.cancel('Another answer came first')
  bounds.close()
}
