import { z } from 'zod'

/** One moment in the life of one order: the n-th time that a crash point is passed for one subject. */
export const Passing = z.object({
  point: z.string(),
  /** The operation or subscription, where the point doesn't name it; else empty. */
  subject: z.string(),
  nth: z.int().min(1),
})
export type Passing = z.infer<typeof Passing>

export function nameOf({ point, subject, nth }: Passing): string {
  return `${placeOf({ point, subject })}${nth === 1 ? '' : ` #${nth}`}`
}

/** A crash point and its subject, however often it is passed. */
export function placeOf({ point, subject }: Pick<Passing, 'point' | 'subject'>): string {
  return subject === '' ? point : `${subject} ${point}`
}

/** What the sweep tells a host. */
export const Command = z.discriminatedUnion('is', [
  /** Counts passings anew; kills itself at one of them, where one is given. */
  z.object({ is: z.literal('watch'), crashAt: Passing.optional(), delayMs: z.number() }),
  /** Counts passings anew, and stands still at this one until it is told to go on; this is answered when it stands. */
  z.object({ is: z.literal('hold'), at: Passing }),
  /** Go on. */
  z.object({ is: z.literal('go') }),
  /** Asks for all that was passed since. */
  z.object({ is: z.literal('tell') }),
])
export type Command = z.infer<typeof Command>

/** What a host says to the sweep. */
export const Answer = z.object({ passed: z.array(Passing), holds: z.boolean() })
export type Answer = z.infer<typeof Answer>
