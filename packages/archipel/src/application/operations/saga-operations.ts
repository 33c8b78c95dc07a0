import { z } from 'zod'
import { command, page, query } from '../../contract/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { actionInput, operatorAccess, operatorOperation, type OperatorOperation } from '../../host/index.ts'
import { pageOverServices } from '../../messaging/index.ts'
import type { SagaEngine, SagaInstance, SagaReference } from '../../saga/index.ts'

const Status = z.enum(['running', 'compensating', 'completed', 'compensated', 'stuck', 'abandoned'])
const Sent = z.object({
  key: z.string(),
  operation: z.string(),
  outcome: z.string(),
  refusal: z.string().optional(),
})
const Saga = z.object({
  service: z.string(),
  saga: z.string(),
  id: z.string(),
  version: z.int(),
  status: Status,
  direction: z.enum(['forward', 'backward']),
  steps: z.array(
    z.object({ step: z.string(), undone: z.boolean(), calls: z.array(Sent), undoCalls: z.array(Sent) }),
  ),
  tries: z.int(),
  dueAt: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  correlationId: z.string(),
  reason: z.string().optional(),
  lastError: z.string().optional(),
  notes: z.array(z.object({ at: z.iso.datetime(), action: z.string(), who: z.string(), why: z.string() })),
})
const reference = { service: z.string(), saga: z.string(), id: z.string() }

type Engines = ReadonlyMap<string, SagaEngine>
type Action = 'retry' | 'compensate' | 'giveUp' | 'cancel'

/** What operators can see of sagas, and do with those that need a person. */
export function sagaOperations(engines: Engines): Record<string, OperatorOperation> {
  const engineOf = (service: string): SagaEngine => {
    const engine = engines.get(service)
    if (!engine)
      throw frameworkError('ARC_NOT_FOUND', `there is no service '${service}' with sagas in this host`)
    return engine
  }
  const act = (path: string, action: Action, summary: string) =>
    operatorOperation(
      command({
        summary,
        http: { route: `POST /sagas/{service}/{saga}/{id}/${path}` },
        access: operatorAccess,
        input: actionInput(reference),
        output: Saga,
      }),
      async ({ service, saga, id, who, why }) =>
        described(await engineOf(service)[action]({ saga, id }, { who, why })),
    )
  return {
    listSagas: operatorOperation(
      query({
        summary: 'Sagas by service and name, the latest first',
        http: { route: 'GET /sagas' },
        access: operatorAccess,
        ...page(Saga, {
          service: z.string().optional(),
          status: Status.optional(),
          saga: z.string().optional(),
        }),
      }),
      async ({ service, status, saga, limit, cursor }) => {
        const { items, next } = await pageOverServices(
          {
            services: service === undefined ? [...engines.keys()] : [service],
            list: (name, after, most) => engineOf(name).list({ status, saga, after, limit: most }),
            placeOf: (item) => [item.saga, item.id],
            placeFrom: sagaPlace,
          },
          { limit, cursor },
        )
        return { items: items.map(described), next: next ?? null }
      },
    ),
    listStuck: operatorOperation(
      query({
        summary: 'Sagas that need a person: retry, compensate or give up',
        http: { route: 'GET /stuck' },
        access: operatorAccess,
        input: z.object({}),
        output: z.object({ items: z.array(Saga) }),
      }),
      async () => ({
        items: (await Promise.all([...engines.values()].map((engine) => engine.stuck())))
          .flat()
          .map(described),
      }),
    ),
    showSaga: operatorOperation(
      query({
        http: { route: 'GET /sagas/{service}/{saga}/{id}' },
        access: operatorAccess,
        input: z.object(reference),
        output: Saga,
      }),
      async ({ service, saga, id }) => described(await engineOf(service).show({ saga, id })),
    ),
    retrySaga: act('retry', 'retry', 'Ask again: under a new key where the former one holds a refusal'),
    compensateSaga: act('compensate', 'compensate', 'Undo in reverse; refused once the pivot may be done'),
    giveUpSaga: act('give-up', 'giveUp', 'Leave a stuck saga as it is'),
    cancelSaga: act('cancel', 'cancel', 'Ask a saga to end before its pivot'),
  }
}

function sagaPlace([saga, id]: readonly unknown[]): SagaReference | undefined {
  return typeof saga === 'string' && typeof id === 'string' ? { saga, id } : undefined
}

/** Without inputs and results: those may hold what is nobody's business here. */
function described(saga: SagaInstance): z.infer<typeof Saga> {
  const {
    service,
    saga: name,
    id,
    version,
    status,
    direction,
    tries,
    correlationId,
    reason,
    lastError,
  } = saga
  return {
    service,
    saga: name,
    id,
    version,
    status,
    direction,
    tries,
    correlationId,
    steps: saga.steps.map(({ step, attempts, undo = [], undone = false }) => ({
      step,
      undone,
      calls: attempts.map(sent),
      undoCalls: undo.map(sent),
    })),
    dueAt: iso(saga.dueAt),
    startedAt: iso(saga.startedAt),
    notes: saga.notes.map(({ at, action, who, why }) => ({ at: iso(at), action, who, why })),
    ...(reason !== undefined && { reason: JSON.stringify(reason) }),
    ...(lastError !== undefined && { lastError: `${lastError.code}: ${lastError.message}` }),
  }
}

function sent({
  call,
  outcome,
  refusal,
}: SagaInstance['steps'][number]['attempts'][number]): z.infer<typeof Sent> {
  return {
    key: call.key,
    operation: `${call.service}.${call.operation}`,
    outcome,
    ...(refusal && { refusal: `${refusal.code}: ${refusal.message}` }),
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
