import { z } from 'zod'
import { query } from '../../contract/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import { entriesOf } from './story/entries.ts'
import { trace, type Archives } from './story/trace.ts'

const Entry = z.object({
  at: z.iso.datetime(),
  kind: z.enum(['call', 'event', 'saga', 'step', 'undo', 'effect', 'action']),
  service: z.string(),
  what: z.string(),
  outcome: z.string(),
  key: z.string().optional(),
  by: z.string().optional(),
  detail: z.string().optional(),
  position: z.int().optional(),
  correlationId: z.string().optional(),
})

/** The story of one thing across all services of this host. */
export function storyOperations(archives: Archives): Record<string, OperatorOperation> {
  return {
    tellStory: operatorOperation(
      query({
        summary: 'All that is kept about a business key or a correlation id, in the order of time',
        http: { route: 'GET /stories/{id}' },
        access: operatorAccess,
        input: z.object({ id: z.string().min(1).max(400) }),
        output: z.object({
          id: z.string(),
          correlationIds: z.array(z.string()),
          complete: z.boolean().describe('Whether nothing was left out for its number.'),
          entries: z.array(Entry),
        }),
      }),
      async ({ id }) => {
        const traces = await trace(id, archives)
        const entries = entriesOf(traces)
        if (entries.length === 0)
          throw frameworkError(
            'ARC_NOT_FOUND',
            `Nothing is kept about '${id}': no event has this key, no saga this id, no request this correlation id.`,
          )
        const correlationIds = traces.correlationIds.filter((each) => each !== id)
        return { id, correlationIds, complete: traces.complete, entries }
      },
    ),
  }
}
