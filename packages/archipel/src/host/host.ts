import type { Environment } from '../environment/index.ts'
import { asError } from '../errors/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Component } from './component.ts'
import { inOurWords } from './http/listen.ts'

export interface HostOptions {
  readonly name: string
  /** In the order of their start; they drain and close in the reverse. */
  readonly components: readonly Component[]
  readonly environment: Environment
  readonly telemetry: Telemetry
  /** How long all components together may drain. What is then still in flight is cut off. Default: 8,000. */
  readonly drainMs?: number | undefined
  /** How long the host keeps serving after it said that it isn't ready, for balancers to notice. Default: 0. */
  readonly noticeMs?: number | undefined
}

export type HostState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

export interface HostHealth {
  readonly host: string
  readonly state: HostState
  readonly ready: boolean
  readonly upSeconds: number
  readonly components: readonly { readonly name: string; readonly ready: boolean }[]
}

/** One process, or the part of a test that stands for one. */
export interface Host {
  readonly name: string
  /**
   * Starts every component in order, those that need no other one at once. When one fails, what has started is closed
   * again and its error is thrown.
   */
  start(): Promise<void>
  /** Stops taking work, finishes what is in flight within the bounds, closes everything. Never rejects. */
  stop(): Promise<void>
  /** From now on nothing is waited for: cuts a running {@link stop} short, or stops without draining. */
  hurry(): void
  /** Whether every component is ready; false from the first moment of stopping. */
  ready(): boolean
  health(): HostHealth
}

type Phase = 'drain' | 'close'

export function createHost(options: HostOptions): Host {
  const { name, environment, components } = options
  const { clock, timers } = environment
  const log = options.telemetry.log.with({ host: name })
  const hurried = new AbortController()
  const begun = new Set<Component>()
  let state: HostState = 'new'
  let since = clock.monotonic()
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  async function attempt(component: Component, phase: Phase, boundMs: number): Promise<void> {
    const work = component[phase]().then(
      () => 'done' as const,
      (error: unknown) => {
        log.error(`${component.name} failed to ${phase}`, {
          error: asError(error),
        })
        return 'done' as const
      },
    )
    const waited = new AbortController()
    const signal = phase === 'drain' ? AbortSignal.any([hurried.signal, waited.signal]) : waited.signal
    const outcome = await Promise.race([work, timers.sleep(boundMs, signal).then(() => 'late' as const)])
    const isCut = signal.aborted
    waited.abort()
    if (outcome === 'done') return
    if (isCut)
      log.warn(`${component.name} was cut short: told twice to stop, the host goes at once`, { phase })
    else log.warn(`${component.name} was not finished in time`, { phase, boundMs: Math.round(boundMs) })
  }

  function begin(component: Component): Promise<void> {
    begun.add(component)
    return component.start()
  }

  /** What has to be given back, the last first. */
  function toStop(): Component[] {
    return components.filter((component) => begun.has(component)).toReversed()
  }

  async function startAll(): Promise<void> {
    state = 'starting'
    // What goes wrong is told in its turn.
    for (const component of components)
      if (component.independent) void begin(component).catch(() => undefined)
    for (const component of components) {
      if (state !== 'starting') return
      await begin(component).catch((error: unknown) => {
        throw inOurWords(error)
      })
    }
    if (state !== 'starting') return
    state = 'running'
    since = clock.monotonic()
    log.info('the host is ready')
  }

  async function closeAll(): Promise<void> {
    for (const component of toStop()) await attempt(component, 'close', CLOSE_MS)
    state = 'stopped'
  }

  async function stopAll(): Promise<void> {
    const running = state === 'running'
    state = 'stopping'
    await starting?.catch(() => undefined)
    if (running) {
      log.info('the host is stopping')
      await timers.sleep(options.noticeMs ?? 0, hurried.signal)
      const drainBy = clock.monotonic() + (options.drainMs ?? DRAIN_MS)
      for (const component of toStop())
        await attempt(component, 'drain', Math.max(0, drainBy - clock.monotonic()))
    }
    await closeAll()
    log.info('the host has stopped')
  }

  async function startOrClose(): Promise<void> {
    try {
      await startAll()
    } catch (error) {
      state = 'stopping'
      await closeAll()
      throw error
    }
  }

  const ready = () => state === 'running' && components.every((component) => component.ready())
  return {
    name,
    start: () => (starting ??= startOrClose()),
    stop: () => (stopping ??= stopAll()),
    hurry: () => hurried.abort(),
    ready,
    health: () => ({
      host: name,
      state,
      ready: ready(),
      upSeconds: Math.round((clock.monotonic() - since) / 1_000),
      components: components.map((component) => ({ name: component.name, ready: component.ready() })),
    }),
  }
}

const DRAIN_MS = 8_000
/** A component that doesn't even close in this time is left behind. */
const CLOSE_MS = 5_000
