import { z } from 'zod'
import { query } from '../../contract/index.ts'
import type { Environment } from '../../environment/index.ts'
import { operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import { inspectServer, type ConnectionConfig } from '../../storage/index.ts'

const Report = z.object({
  version: z.string().nullable(),
  durability: z.array(z.string()).describe('Lines `name = value`.'),
  refusal: z.string().nullable().describe('Why an application would refuse this server.'),
  clockAheadMs: z.number(),
  connections: z.int(),
  mostConnections: z.int(),
  preparedTransactions: z.int(),
})

/** What this host stands on. */
export function setUpOperations(
  { clock }: Pick<Environment, 'clock'>,
  admin: ConnectionConfig,
): Record<string, OperatorOperation> {
  return {
    inspectDatabase: operatorOperation(
      query({
        summary: 'The PostgreSQL of this host, and whether a commit that it answered is on disk',
        http: { route: 'GET /database' },
        access: operatorAccess,
        input: z.object({}),
        output: Report,
      }),
      async () => {
        const { version = null, refusal = null, durability, ...numbers } = await inspectServer(admin, clock)
        return { version, refusal, durability: [...durability], ...numbers }
      },
    ),
  }
}
