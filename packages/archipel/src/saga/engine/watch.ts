import type { Timer } from '../../environment/index.ts'
import { asError } from '../../errors/index.ts'
import type { SagaCensus } from '../types.ts'
import { definitionOf, type EngineParts } from './parts.ts'

/** Counts sagas now and then: for the gauge, and to raise alarms for what nobody takes care of. */
export interface Watch {
  start(): void
  stop(): void
  readonly latest: SagaCensus
}

const NOTHING: SagaCensus = { counts: [], unheardCancels: [] }

export function createWatch(parts: EngineParts): Watch {
  const { timers } = parts.environment
  const { log } = parts.telemetry
  let latest = NOTHING
  let timer: Timer | undefined

  parts.telemetry.gauge(
    'archipel_sagas',
    'Sagas that have not ended',
    ['service', 'saga', 'version', 'status'],
    () =>
      latest.counts.map(({ saga, version, status, count }) => ({
        value: count,
        labels: [parts.service, saga, String(version), status],
      })),
  )

  async function look(): Promise<void> {
    try {
      latest = await parts.store.census()
      raiseAlarms(latest)
    } catch (error) {
      log.warn('the census of sagas failed; trying again', { service: parts.service, error: asError(error) })
    }
    if (timer) timer = timers.after(parts.tuning.censusMs, () => void look())
  }

  function raiseAlarms({ counts, unheardCancels }: SagaCensus): void {
    for (const { saga, version, overdue } of counts) {
      if (overdue === 0 || definitionOf(parts.definitions, { saga, version })) continue
      log.error('sagas wait that no live version can take', {
        service: parts.service,
        saga,
        version,
        count: overdue,
      })
    }
    for (const { saga, id } of unheardCancels) {
      log.error('a request to cancel a saga has no owner to hear it', {
        service: parts.service,
        saga,
        sagaId: id,
      })
    }
  }

  return {
    start: () => void (timer ??= timers.after(parts.tuning.censusMs, () => void look())),
    stop() {
      timer?.cancel()
      timer = undefined
    },
    get latest() {
      return latest
    },
  }
}
