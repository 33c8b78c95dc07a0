import { z } from 'zod'
import { command, query } from '../../contract/index.ts'
import { actionInput, operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import type { MessagingOperations } from '../../messaging/index.ts'

const Subscription = z.object({
  service: z.string(),
  subscription: z.string(),
  publisher: z.string(),
  types: z.array(z.string()),
  since: z.string(),
  position: z.int().describe('Up to here its events are handled and counted: nothing behind it is removed.'),
  missed: z.int().describe('Events that were removed before it began from the start.'),
  handled: z.boolean().describe('Without a handler it holds back housekeeping until it is dropped.'),
})

/** Who takes which events, and how to forget one that no code handles any more. */
export function subscriptionOperations(
  messaging: Pick<MessagingOperations, 'subscriptions' | 'dropSubscription'>,
): Record<string, OperatorOperation> {
  return {
    listSubscriptions: operatorOperation(
      query({
        summary: 'All subscriptions, those that nobody handles among them',
        http: { route: 'GET /subscriptions' },
        access: operatorAccess,
        input: z.object({}),
        output: z.object({ items: z.array(Subscription) }),
      }),
      async () => ({
        items: (await messaging.subscriptions()).map((each) => ({ ...each, types: [...each.types] })),
      }),
    ),
    dropSubscription: operatorOperation(
      command({
        summary: 'Forget a subscription that no code handles any more; under its name a new one may begin',
        http: { route: 'POST /subscriptions/{service}/{subscription}/drop' },
        access: operatorAccess,
        input: actionInput({ service: z.string(), subscription: z.string() }),
        output: z.object({ dropped: z.literal(true) }),
      }),
      async ({ service, subscription, who, why }) => {
        await messaging.dropSubscription({ service, subscription }, { who, why })
        return { dropped: true as const }
      },
    ),
  }
}
