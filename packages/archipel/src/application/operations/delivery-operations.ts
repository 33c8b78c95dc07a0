import { z } from 'zod'
import { command, page, query } from '../../contract/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { actionInput, operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import type { DeadLetter, MessagingOperations } from '../../messaging/index.ts'

const Letter = z.object({
  service: z.string(),
  subscription: z.string(),
  position: z.int(),
  key: z.string(),
  type: z.string(),
  eventId: z.string(),
  reason: z.enum(['failed', 'behind']),
  error: z.string().optional(),
  attempts: z.int(),
  parkedAt: z.string(),
})
const Counters = z.object({
  service: z.string(),
  subscription: z.string(),
  publisher: z.string(),
  position: z.int(),
  mark: z.int(),
  written: z.int(),
  handled: z.int(),
  inFlight: z.int(),
  parked: z.int(),
  discarded: z.int(),
  drift: z.int(),
})
const subscription = { service: z.string(), subscription: z.string() }

/** Dead letters and what to do with them; the counters that show whether anything was lost or doubled. */
export function deliveryOperations(messaging: MessagingOperations): Record<string, OperatorOperation> {
  return {
    listDeadLetters: operatorOperation(
      query({
        summary: 'Events that no handler could take, and those that wait behind them',
        http: { route: 'GET /dead-letters' },
        access: operatorAccess,
        ...page(Letter, { service: z.string().optional(), subscription: z.string().optional() }),
      }),
      async ({ service, subscription, limit, cursor }) => {
        const { items, next } = await messaging.deadLetters({
          limit,
          after: cursor,
          ...(service !== undefined && { service }),
          ...(subscription !== undefined && { subscription }),
        })
        return { items: items.map(described), next: next ?? null }
      },
    ),
    showDeadLetter: operatorOperation(
      query({
        http: { route: 'GET /dead-letters/{service}/{subscription}/{position}' },
        access: operatorAccess,
        input: z.object({ ...subscription, position: z.int() }),
        output: Letter,
      }),
      async ({ service, subscription, position }) => {
        const letter = await messaging.deadLetter(service, subscription, position)
        if (!letter)
          throw frameworkError(
            'ARC_NOT_FOUND',
            `${service}.${subscription} has no dead letter at position ${position}`,
          )
        return described(letter)
      },
    ),
    replayDeadLetters: operatorOperation(
      command({
        summary: 'Handle them again, in order: those of one key, or all',
        http: { route: 'POST /dead-letters/{service}/{subscription}/replay' },
        access: operatorAccess,
        input: actionInput({ ...subscription, key: z.string().optional() }),
        output: z.object({ keys: z.int() }),
      }),
      async ({ service, subscription, key, who, why }) => ({
        keys: await messaging.replay({ service, subscription, key }, { who, why }),
      }),
    ),
    discardDeadLetters: operatorOperation(
      command({
        summary: 'Give them up for good: those of one key, one position, or all',
        http: { route: 'POST /dead-letters/{service}/{subscription}/discard' },
        access: operatorAccess,
        input: actionInput({ ...subscription, key: z.string().optional(), position: z.int().optional() }),
        output: z.object({ discarded: z.int() }),
      }),
      async ({ service, subscription, key, position, who, why }) => ({
        discarded: await messaging.discard(
          { service, subscription, key, ...(position !== undefined && { position }) },
          { who, why },
        ),
      }),
    ),
    deliveryCounters: operatorOperation(
      query({
        summary:
          'For each subscription: written = handled + in flight + parked + discarded, or drift is not 0',
        http: { route: 'GET /delivery' },
        access: operatorAccess,
        input: z.object({ recount: z.boolean().default(false) }),
        output: z.object({ items: z.array(Counters) }),
      }),
      async ({ recount }) => ({ items: [...(await messaging.deliveryCounters({ recount }))] }),
    ),
  }
}

/** Without the event's data: it may be personal. */
function described({ event, error, ...letter }: DeadLetter): z.infer<typeof Letter> {
  return { ...letter, type: event.type, eventId: event.id, ...(error !== undefined && { error }) }
}
