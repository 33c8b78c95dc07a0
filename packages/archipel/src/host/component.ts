import type { OperatorOperation } from './operations/operation.ts'

/** What a part of a host offers at the operations door, by name. */
export type OperatorOperations = Readonly<Record<string, OperatorOperation>>

/**
 * A part of a host with a life of its own. Every method may be called twice and in any state: the second call
 * waits for the first and does nothing more.
 */
export interface Component {
  readonly name: string
  /** Whether it needs none of the others: then it starts with the first of them, and only what stands behind it waits for it. */
  readonly independent: boolean
  /** Resolves when it can work. When it rejects, whatever it had taken is given back. */
  start(): Promise<void>
  /** Whether it can take new work at this moment; reads memory only. */
  ready(): boolean
  /** Takes no new work and finishes what is in flight. The host bounds how long it waits for this. */
  drain(): Promise<void>
  /** Gives back everything; what is still in flight is cut off. */
  close(): Promise<void>
  /** What operators can ask of it, at the operations door. */
  readonly operations?: OperatorOperations | undefined
}

/** The phases of a {@link Component}, and what it offers to operators. */
export interface Lifecycle {
  readonly independent?: boolean
  start?(): Promise<void>
  ready?(): boolean
  drain?(): Promise<void>
  close?(): Promise<void>
  readonly operations?: OperatorOperations
}

/** Makes a component of plain functions: each runs at most once, and none before its turn. */
export function component(name: string, lifecycle: Lifecycle): Component {
  let state: 'new' | 'started' | 'draining' | 'closed' = 'new'
  let starting: Promise<void> | undefined
  let draining: Promise<void> | undefined
  let closing: Promise<void> | undefined
  return {
    name,
    independent: lifecycle.independent ?? false,
    operations: lifecycle.operations,
    ready: () => state === 'started' && (lifecycle.ready?.() ?? true),
    start: () =>
      (starting ??= (async () => {
        if (state !== 'new') return
        await lifecycle.start?.()
        if (state === 'new') state = 'started'
      })()),
    drain: () =>
      (draining ??= (async () => {
        if (state === 'closed') return
        state = 'draining'
        await starting?.catch(() => undefined)
        if (starting !== undefined) await lifecycle.drain?.()
      })()),
    close: () =>
      (closing ??= (async () => {
        state = 'closed'
        await starting?.catch(() => undefined)
        if (starting !== undefined) await lifecycle.close?.()
      })()),
  }
}
