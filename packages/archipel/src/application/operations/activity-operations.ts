import { z } from 'zod'
import { command, query } from '../../contract/index.ts'
import { frameworkError, type JsonValue } from '../../errors/index.ts'
import { actionInput, operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import type { ActivityRunner } from '../../saga/index.ts'

const scope = { operation: z.string(), principal: z.string(), key: z.string() }
const Unknown = z.object({
  service: z.string(),
  ...scope,
  effectKey: z.string(),
  firstSentAt: z.iso.datetime(),
  attempts: z.int(),
  lastError: z.string().optional(),
})

/** Effects of which nobody knows whether they happened: a person looks at the other side and says. */
export function activityOperations(
  runners: ReadonlyMap<string, ActivityRunner>,
): Record<string, OperatorOperation> {
  const runnerOf = (service: string): ActivityRunner => {
    const runner = runners.get(service)
    if (!runner)
      throw frameworkError('ARC_NOT_FOUND', `there is no service '${service}' with activities in this host`)
    return runner
  }
  return {
    listUnknownOutcomes: operatorOperation(
      query({
        summary: 'Effects whose outcome stays unknown',
        http: { route: 'GET /unknown-outcomes' },
        access: operatorAccess,
        input: z.object({}),
        output: z.object({ items: z.array(Unknown) }),
      }),
      async () => ({
        items: (
          await Promise.all([...runners].map(([service, runner]) => unknownOf(service, runner)))
        ).flat(),
      }),
    ),
    resolveOutcome: operatorOperation(
      command({
        summary: 'Say what happened: the outcome as JSON text, in the form that the effect gives it',
        http: { route: 'POST /unknown-outcomes/{service}/resolve' },
        access: operatorAccess,
        input: actionInput({ service: z.string(), ...scope, outcome: z.string() }),
        output: z.object({}),
      }),
      async ({ service, operation, principal, key, outcome, who, why }) => {
        await runnerOf(service).resolve({ operation, principal, key }, parsed(outcome), { who, why })
        return {}
      },
    ),
    sendAgain: operatorOperation(
      command({
        summary: 'Send the effect again under the same key, at your own risk',
        http: { route: 'POST /unknown-outcomes/{service}/send-again' },
        access: operatorAccess,
        input: actionInput({ service: z.string(), ...scope }),
        output: z.object({}),
      }),
      async ({ service, operation, principal, key, who, why }) => {
        await runnerOf(service).sendAgain({ operation, principal, key }, { who, why })
        return {}
      },
    ),
  }
}

async function unknownOf(service: string, runner: ActivityRunner): Promise<z.infer<typeof Unknown>[]> {
  const outcomes = await runner.unknown()
  return outcomes.map(
    ({ scope: { operation, principal, key }, effectKey, firstSentAt, attempts, lastError }) => ({
      service,
      operation,
      principal,
      key,
      effectKey,
      firstSentAt: new Date(firstSentAt).toISOString(),
      attempts,
      ...(lastError !== undefined && { lastError }),
    }),
  )
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw frameworkError('ARC_INPUT_INVALID', 'outcome: this is no JSON text', {
      cause,
      details: { issues: [{ path: 'outcome', message: 'must be JSON text' }] },
    })
  }
}
