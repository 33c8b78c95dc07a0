import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 10

/**
 * Asks again and again until the answer is there, for what has no event to wait for.
 * @param ask an undefined, null or false answer, or an error, means: not yet.
 * @param withinMs of real time. Default: 10,000.
 * @throws when the time is over, with what was seen last as its cause.
 */
export async function eventually<TAnswer>(
  ask: () => TAnswer | Promise<TAnswer>,
  withinMs = 10_000,
): Promise<Exclude<TAnswer, undefined | null | false>> {
  const until = performance.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (isThere(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > until)
      throw new Error(`this did not happen within ${withinMs} ms: ${ask.toString()}`, { cause: last })
    await sleep(LOOK_EVERY_MS)
  }
}

function isThere<TAnswer>(answer: TAnswer): answer is Exclude<TAnswer, undefined | null | false> {
  return answer !== undefined && answer !== null && answer !== false
}
