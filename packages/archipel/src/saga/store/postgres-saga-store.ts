import type { Clock } from '../../environment/index.ts'
import type { Row, ServiceDatabase } from '../../storage/index.ts'
import type { SagaCount, SagaReference, SagaStore, SaveOutcome } from '../types.ts'
import { originOf, progressOf, referenceOf, sagaOf } from './saga-rows.ts'
import * as statements from './saga-statements.ts'
import { createSaveBatches, type Save } from './save-batches.ts'

export interface SagaStoreOptions {
  readonly clock: Clock
  /** The service's database, migrated with `sagaMigrations`. */
  readonly database: Pick<ServiceDatabase, 'query'>
  /** How long an owner that doesn't renew keeps a saga, default 5,000. */
  readonly leaseMs?: number
}

/** Sagas as rows of the service that starts them. */
export function createSagaStore({ clock, database, leaseMs = 5_000 }: SagaStoreOptions): SagaStore {
  const run = (name: string, text: string, values: readonly unknown[]) =>
    database.query({ name: `archipel_saga_${name}`, text, values })
  const save = createSaveBatches((owner, saves) => writeAll(run, owner, saves))

  return {
    leaseMs,
    start: (saga, owner) => ({
      name: 'archipel_saga_start',
      text: statements.START,
      values: [
        saga.saga,
        saga.id,
        saga.version,
        saga.status,
        saga.dueAt,
        saga.fence,
        owner ?? null,
        leaseMs,
        originOf(saga),
        progressOf(saga),
      ],
    }),
    requestCancel: (saga, id, reason) => ({
      name: 'archipel_saga_request_cancel',
      text: statements.REQUEST_CANCEL,
      values: [saga, id, reason === undefined ? null : JSON.stringify(reason), Math.floor(clock.now())],
    }),
    async claimDue(owner, versions, nowMs, limit, farMs) {
      const names = versions.map(({ saga }) => saga)
      const numbers = versions.map(({ version }) => version)
      return (
        await run('claim_due', statements.CLAIM_DUE, [
          owner,
          names,
          numbers,
          Math.floor(nowMs),
          limit,
          leaseMs,
          farMs === undefined ? null : Math.ceil(farMs),
        ])
      ).map(sagaOf)
    },
    async claim(owner, { saga, id }) {
      return (await run('claim', statements.CLAIM_ONE, [owner, saga, id, leaseMs])).map(sagaOf)[0]
    },
    save: (saga, owner, options) => save({ saga, owner, options }),
    async renew(owner, references) {
      const kept = keysOf(await run('renew', statements.RENEW, [owner, ...columnsOf(references), leaseMs]))
      return references.filter((reference) => !kept.has(keyOf(reference)))
    },
    cancelRequests: async (owner) =>
      (await run('cancel_requests', statements.CANCEL_REQUESTS, [owner])).map(referenceOf),
    execute: async (statement) => void (await database.query(statement)),
    find: async ({ saga, id }) => (await run('find', statements.FIND, [saga, id])).map(sagaOf)[0],
    async list({ status, saga, tries = 0, after, limit = 100 }) {
      const { name, text, values } = statements.list({ status, saga, tries, after, limit })
      return (await run(name, text, values)).map(sagaOf)
    },
    async census() {
      // One after the other: a service at rest needs one connection.
      const counts = await run('counts', statements.COUNTS, [])
      const unheard = await run('unheard', statements.UNHEARD_CANCELS, [])
      // The columns of the statement, in its own types.
      return { counts: counts as unknown as SagaCount[], unheardCancels: unheard.map(referenceOf) }
    },
  }
}

type Run = (name: string, text: string, values: readonly unknown[]) => Promise<Row[]>

async function writeAll(run: Run, owner: string, saves: readonly Save[]): Promise<readonly SaveOutcome[]> {
  const saved = keysOf(await run('save', statements.SAVE, [owner, ...saveColumns(saves)]))
  const unsaved = saves.filter(({ saga }) => !saved.has(keyOf(saga)))
  const owned = unsaved.length === 0 ? new Set() : await stillOwned(run, owner, unsaved)
  return saves.map(({ saga }) =>
    saved.has(keyOf(saga)) ? 'saved' : owned.has(keyOf(saga)) ? 'cancel-requested' : 'lost',
  )
}

function saveColumns(saves: readonly Save[]): readonly unknown[] {
  return [
    ...columnsOf(saves.map(({ saga }) => saga)),
    saves.map(({ saga }) => saga.fence),
    saves.map(({ saga }) => saga.status),
    saves.map(({ saga }) => saga.tries),
    saves.map(({ saga }) => Math.floor(saga.dueAt)),
    saves.map(({ saga }) => progressOf(saga)),
    saves.map(({ options }) => options.onCancelRequest),
    saves.map(({ options }) => options.release),
  ]
}

async function stillOwned(run: Run, owner: string, saves: readonly Save[]): Promise<ReadonlySet<string>> {
  const fences = saves.map(({ saga }) => saga.fence)
  return keysOf(
    await run('still_owned', statements.STILL_OWNED, [
      owner,
      ...columnsOf(saves.map(({ saga }) => saga)),
      fences,
    ]),
  )
}

function columnsOf(references: readonly SagaReference[]): [string[], string[]] {
  return [references.map(({ saga }) => saga), references.map(({ id }) => id)]
}

function keyOf({ saga, id }: SagaReference): string {
  return `${saga}/${id}`
}

function keysOf(rows: readonly Row[]): ReadonlySet<string> {
  return new Set(rows.map((row) => keyOf(referenceOf(row))))
}
