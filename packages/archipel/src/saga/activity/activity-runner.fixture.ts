import { createHash } from 'node:crypto'
import { systemEnvironment, type FaultPoints } from '../../environment/index.ts'
import type { JsonValue } from '../../errors/index.ts'
import {
  createIdempotencyStore,
  createServiceDatabase,
  idempotencyMigrations,
  prepareDatabase,
  type ServiceDatabase,
} from '../../storage/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { createThrowawayDatabase } from '../../testing/throwaway-database.ts'
import { activityMigrations } from './activity-migrations.ts'
import { createActivityRunner } from './create-activity-runner.ts'
import type { ActivityRequest, ActivityRunner, ActivityStart, ActivityTuning } from './runner-types.ts'
import type { BoundActivity, EffectBounds } from './types.ts'

const environment = systemEnvironment()
export const { timers, clock } = environment
const NOTHING_LEFT = { events: [], statements: [], committed: () => undefined }
const FAST = { leaseMs: 300, sweepMs: 50, firstDelayMs: 5, longestDelayMs: 50 }

export type Bench = Awaited<ReturnType<typeof openBench>>

/** A service's database with runners of its activities, as many as a test wants. */
export async function openBench() {
  const throwaway = await createThrowawayDatabase()
  const prepared = await prepareDatabase({
    environment,
    admin: throwaway.connection,
    passwordSecret: 'a secret of tests',
    namespace: throwaway.namespace,
    services: [
      {
        name: 'payments',
        migrations: [{ name: '0001', sql: 'create table moments (moment text, key text)' }],
      },
    ],
    framework: { shared: [], service: [...idempotencyMigrations, ...activityMigrations] },
  })
  const database = createServiceDatabase({
    environment,
    service: 'payments',
    ...prepared.service('payments'),
  })
  const runners: ActivityRunner[] = []

  function runner(
    instance: string,
    activity: BoundActivity,
    of: ServiceDatabase = database,
    tuning: ActivityTuning = {},
    faults: FaultPoints = environment.faults,
  ): ActivityRunner {
    const append = () => ({ text: 'select 1', values: [] })
    const idempotency = createIdempotencyStore(of)
    const made = createActivityRunner({
      environment: { ...environment, faults },
      telemetry: quietTelemetry(),
      instance,
      database: of,
      idempotency,
      append,
      activities: [activity],
      options: { ...FAST, ...tuning },
    })
    runners.push(made)
    return made
  }

  return {
    database,
    runner,
    moments: async () =>
      (await database.query({ text: 'select moment from moments', values: [] })).map(({ moment }) =>
        String(moment),
      ),
    rows: async () =>
      await database.query({ text: 'select state, attempts from archipel_activities', values: [] }),
    async [Symbol.asyncDispose]() {
      await Promise.all(runners.map((made) => made.close()))
      await database.close()
      await throwaway[Symbol.asyncDispose]()
    },
  }
}

interface Behaviour {
  readonly effect: (bounds: EffectBounds) => Promise<JsonValue>
  readonly settle?: () => void
  readonly repeat?: 'same-key' | 'never'
  readonly keyLifetimeMs?: number
}

/** An activity that charges a card, and writes its moments down. */
export function charge({
  effect,
  settle,
  repeat = 'same-key',
  keyLifetimeMs = 60_000,
}: Behaviour): BoundActivity {
  const write = (moment: string, key: string) => ({
    text: 'insert into moments values ($1, $2)',
    values: [moment, key],
  })
  return {
    operation: 'charge',
    repeat,
    keyLifetimeMs,
    async intend(input, transaction, { key }) {
      await transaction.query(write('intend', key))
      return { intent: { charging: input }, leftovers: NOTHING_LEFT }
    },
    effect: (_intent, bounds) => effect(bounds),
    async settle(outcome, _intent, transaction, { key }) {
      await transaction.query(write('settle', key))
      settle?.()
      if (outcome === 'declined')
        return {
          refusal: { code: 'DECLINED', kind: 'refused', message: 'the bank says no' },
          leftovers: NOTHING_LEFT,
        }
      return { answer: { outcome }, leftovers: NOTHING_LEFT }
    },
  }
}

export function request(
  activity: BoundActivity,
  key = 'key-1',
  input: JsonValue = { amount: 5 },
): ActivityRequest {
  const inputHash = createHash('sha256').update(JSON.stringify(input)).digest()
  const metadata = { principal: undefined, correlationId: 'c', traceparent: undefined }
  return {
    activity,
    scope: { operation: 'charge', principal: 'service:orders', key },
    inputHash,
    input,
    undoes: undefined,
    metadata,
  }
}

/** Starts activities with one transaction. */
export async function start(
  { database }: { readonly database: Pick<ServiceDatabase, 'begin'> },
  runner: ActivityRunner,
  ids: readonly string[],
  end: 'commit' | 'rollback' = 'commit',
): Promise<void> {
  await using transaction = await database.begin()
  const metadata = { principal: undefined, correlationId: 'c', traceparent: undefined }
  const requests = ids.map((id): ActivityStart => {
    const [operation, input, inputHash] = ['charge', { amount: 5 }, Buffer.from('hash')]
    return { operation, id, input, inputHash, metadata }
  })
  const { statements, committed } = await runner.start(transaction, requests)
  if (end === 'rollback') return
  await transaction.commit(statements)
  committed()
}

export const within = (milliseconds: number) => ({
  deadlineAt: clock.monotonic() + milliseconds,
  signal: new AbortController().signal,
})

/** A database that stops answering when its host is killed: by the test, or after a statement of this name. */
export function mortal(database: ServiceDatabase, last?: string) {
  let alive = true
  let die: () => void = () => {}
  const killed = new Promise<void>((resolve) => (die = resolve))
  const never = new Promise<never>(() => {})
  const kill = () => {
    alive = false
    die()
  }
  const dying: ServiceDatabase = {
    ...database,
    async query(statement) {
      const rows = await (alive ? database.query(statement) : never)
      if (statement.name === undefined || statement.name !== last) return rows
      kill()
      return never
    },
    begin: (opening) => (alive ? database.begin(opening) : never),
  }
  return { database: dying, killed, kill, revive: () => void (alive = true) }
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = clock.monotonic() + 10_000
  while (!(await condition())) {
    if (clock.monotonic() > end) throw new Error('waited in vain')
    await timers.sleep(20)
  }
}
