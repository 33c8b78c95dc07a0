import {
  noFaults,
  systemFiles,
  uuidV7,
  type Environment,
  type FaultPoints,
  type Randomness,
} from '../../environment/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { createVirtualTime, type VirtualTime } from '../../testing/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import { createSimulatedSagaStore, type SimulatedSagaStore } from '../store/simulated-saga-store.fixture.ts'
import type { SagaInstance, SagaReference, SagaStore } from '../types.ts'
import { createSagaEngine } from './create-saga-engine.ts'
import {
  createSimulatedCallees,
  type Misfortunes,
  type SimulatedCallees,
} from './simulated-callees.fixture.ts'
import type { SagaEngine, SagaEngineTuning } from './types.ts'

/** Hosts with engines on one store, on virtual time, all from one seed. */
export interface Simulation {
  readonly time: VirtualTime
  readonly store: SimulatedSagaStore
  readonly callees: SimulatedCallees
  /** Starts a host; `kill` stops it as SIGKILL does: nothing it waits for ever comes back to it. */
  host(name: string): SimulatedHost
  /** Lets time pass until the saga rests, at most this long. */
  untilRest(reference: SagaReference, withinMs: number): Promise<SagaInstance>
}

export interface SimulatedHost {
  readonly engine: SagaEngine
  kill(): void
}

export interface SimulationOptions {
  readonly seed: number
  readonly definitions: readonly SagaDefinition[]
  readonly answers: Readonly<Record<string, unknown>>
  readonly misfortunes?: Partial<Misfortunes>
  readonly call?: (callees: SimulatedCallees) => SimulatedCallees['call']
  readonly tuning?: SagaEngineTuning
  /** The first host that reaches this point is killed there. */
  readonly killAt?: string
}

const FORTUNE: Misfortunes = {
  requestLost: 0,
  replyLost: 0,
  late: 0,
  duplicated: 0,
  refusedBeforeRecord: 0,
  inProgress: 0,
  refuses: [],
}
export const ORIGIN = {
  principal: { id: 'customer-1', roles: [], scopes: [] },
  correlationId: 'correlation-1',
  traceparent: undefined,
}

export function createSimulation(options: SimulationOptions): Simulation {
  const time = createVirtualTime()
  const randomness = seeded(options.seed)
  const store = createSimulatedSagaStore(time.clock)
  const callees = createSimulatedCallees(
    time.timers,
    () => randomness.next(),
    { ...FORTUNE, ...options.misfortunes },
    options.answers,
  )
  const call = options.call?.(callees) ?? callees.call
  const environment: Environment = {
    ...time,
    randomness,
    identifiers: uuidV7(time.clock, randomness),
    files: systemFiles,
    faults: noFaults,
  }
  let killAt = options.killAt

  function host(name: string): SimulatedHost {
    let alive = true
    const faults: FaultPoints = {
      armed: killAt !== undefined,
      reach(point) {
        if (point !== killAt) return
        killAt = undefined
        alive = false
        return new Promise(() => {})
      },
    }
    const living = <T>(promise: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => alive && resolve(value),
          (error: Error) => alive && reject(error),
        )
      })
    const whileAlive = <TArguments extends unknown[], TResult>(
      method: (...passed: TArguments) => Promise<TResult>,
    ) => {
      return (...passed: TArguments) => (alive ? living(method(...passed)) : new Promise<TResult>(() => {}))
    }
    const mortal: SagaStore = {
      ...store,
      claimDue: whileAlive(store.claimDue),
      claim: whileAlive(store.claim),
      save: whileAlive(store.save),
      renew: whileAlive(store.renew),
      cancelRequests: whileAlive(store.cancelRequests),
      census: whileAlive(store.census),
    }
    const engine = createSagaEngine({
      environment: { ...environment, faults },
      telemetry: quietTelemetry(),
      service: 'orders',
      instance: name,
      definitions: options.definitions,
      store: mortal,
      call: whileAlive(call),
      ...(options.tuning && { options: options.tuning }),
    })
    engine.run()
    return { engine, kill: () => void (alive = false) }
  }

  async function untilRest(reference: SagaReference, withinMs: number): Promise<SagaInstance> {
    const endMs = time.clock.monotonic() + withinMs
    for (;;) {
      const saga = await store.find(reference)
      if (saga && saga.status !== 'running' && saga.status !== 'compensating') return saga
      if (time.clock.monotonic() > endMs)
        throw new Error(`still ${saga?.status} after ${withinMs} ms: ${JSON.stringify(saga)}`)
      await time.next()
    }
  }

  return { time, store, callees, host, untilRest }
}

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): Randomness {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) }
}
