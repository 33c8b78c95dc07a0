import type { Clock } from '../../environment/index.ts'
import type { FrameworkStatement } from '../../storage/index.ts'
import { hasEnded } from '../machine/position.ts'
import type { SagaCensus, SagaInstance, SagaReference, SagaStore } from '../types.ts'

interface Row {
  saga: SagaInstance
  owner: string | undefined
  leaseUntil: number
  cancelAt: number
}

/** A store in memory with the rules of the real one, for simulations. `commit` runs the statements it made. */
export interface SimulatedSagaStore extends SagaStore {
  commit(statements: readonly FrameworkStatement[]): void
}

const UNHEARD_MS = 10_000

export function createSimulatedSagaStore(clock: Clock, leaseMs = 5_000): SimulatedSagaStore {
  const rows = new Map<string, Row>()
  const keyOf = ({ saga, id }: SagaReference) => `${saga}/${id}`
  const rowOf = (reference: SagaReference) => rows.get(keyOf(reference))
  const isFree = (row: Row) => row.owner === undefined || row.leaseUntil < clock.now()
  const atWork = ({ saga: { status } }: Row) => status === 'running' || status === 'compensating'
  const statement = (action: () => void): FrameworkStatement => ({ text: 'simulated', values: [action] })
  const copyOf = (saga: SagaInstance): SagaInstance => structuredClone(saga)

  function take(row: Row, owner: string): SagaInstance {
    row.owner = owner
    row.leaseUntil = clock.now() + leaseMs
    row.saga = { ...row.saga, fence: row.saga.fence + 1 }
    return copyOf(row.saga)
  }

  const commit = (statements: readonly FrameworkStatement[]) =>
    statements.forEach(({ values: [action] }) => typeof action === 'function' && void action())

  return {
    leaseMs,
    commit,
    execute: async (made) => commit([made]),
    start: (saga, owner) =>
      statement(() => {
        if (!rowOf(saga))
          rows.set(keyOf(saga), { saga: copyOf(saga), owner, leaseUntil: clock.now() + leaseMs, cancelAt: 0 })
      }),
    requestCancel: (saga, id) =>
      statement(() => {
        const row = rowOf({ saga, id })
        if (!row || row.saga.cancel !== 'none') return
        row.cancelAt = clock.now()
        const cancel = row.saga.direction === 'backward' ? 'taken' : hasEnded(row.saga) ? 'too-late' : 'open'
        row.saga = {
          ...row.saga,
          cancel,
          dueAt: cancel === 'open' ? Math.min(row.saga.dueAt, clock.now()) : row.saga.dueAt,
        }
      }),
    async claimDue(owner, versions, nowMs, limit, farMs = Infinity) {
      const known = (row: Row) =>
        versions.some(({ saga, version }) => saga === row.saga.saga && version === row.saga.version)
      const isDue = ({ saga: { dueAt } }: Row) => dueAt <= nowMs || dueAt > farMs
      const due = [...rows.values()].filter((row) => atWork(row) && isFree(row) && isDue(row) && known(row))
      return due.slice(0, limit).map((row) => take(row, owner))
    },
    async claim(owner, reference) {
      const row = rowOf(reference)
      return row && isFree(row) && !hasEnded(row.saga) ? take(row, owner) : undefined
    },
    async save(saga, owner, { release, onCancelRequest }) {
      const row = rowOf(saga)
      if (!row || row.owner !== owner || row.saga.fence !== saga.fence) return 'lost'
      const open = row.saga.cancel === 'open'
      if (open && onCancelRequest === 'refuse') return 'cancel-requested'
      const cancel =
        open && (onCancelRequest === 'taken' || onCancelRequest === 'too-late')
          ? onCancelRequest
          : row.saga.cancel
      row.saga = { ...copyOf(saga), cancel }
      if (release) row.owner = undefined
      return 'saved'
    },
    async renew(owner, references) {
      const lost = references.filter((reference) => rowOf(reference)?.owner !== owner)
      for (const reference of references) {
        const row = rowOf(reference)
        if (row?.owner === owner) row.leaseUntil = clock.now() + leaseMs
      }
      return lost
    },
    async cancelRequests(owner) {
      return [...rows.values()]
        .filter((row) => row.owner === owner && row.saga.cancel === 'open')
        .map(({ saga: { saga, id } }) => ({ saga, id }))
    },
    async find(reference) {
      const row = rowOf(reference)
      return row && copyOf(row.saga)
    },
    async list({ status, saga: name, tries = 0, after, limit = 100 }) {
      const sagas = [...rows.values()].map(({ saga }) => saga).toSorted(falling)
      const fits = (saga: SagaInstance) =>
        (status ?? saga.status) === saga.status &&
        (name ?? saga.saga) === saga.saga &&
        saga.tries >= tries &&
        (after === undefined || falling(after, saga) < 0)
      return sagas.filter(fits).slice(0, limit).map(copyOf)
    },
    async census() {
      return census([...rows.values()], clock.now())
    },
  }
}

/** In the order of the list. */
function falling(one: SagaReference, other: SagaReference): number {
  const [first, second] = [one, other].map(({ saga, id }) => `${saga}\u0000${id}`)
  if (first === second) return 0
  return (first ?? '') > (second ?? '') ? -1 : 1
}

function census(rows: readonly Row[], nowMs: number): SagaCensus {
  const isFree = (row: Row) => row.owner === undefined || row.leaseUntil < nowMs
  const groups = Map.groupBy(rows, ({ saga: { saga, version, status } }) => `${saga} ${version} ${status}`)
  const counts = [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first || hasEnded(first.saga)) return []
    const { saga, version, status } = first.saga
    const overdue = group.filter(
      (row) => status !== 'stuck' && isFree(row) && row.saga.dueAt <= nowMs - UNHEARD_MS,
    ).length
    return [{ saga, version, status, count: group.length, overdue }]
  })
  const isUnheard = (row: Row) =>
    row.saga.cancel === 'open' && row.cancelAt <= nowMs - UNHEARD_MS && isFree(row)
  return { counts, unheardCancels: rows.filter(isUnheard).map(({ saga: { saga, id } }) => ({ saga, id })) }
}
