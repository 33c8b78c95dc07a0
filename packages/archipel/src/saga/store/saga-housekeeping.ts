import type { FrameworkStatement, ServiceDatabase } from '../../storage/index.ts'

/** What housekeeping asks of the sagas of one service. */
export interface SagaHousekeeping {
  /** Removes sagas that ended before a moment, a few at a time: run it again while it removes `atMost`. @returns how many. */
  removeEnded(before: Date): Promise<number>
  /** When the oldest saga that has not ended began: it may still ask about each of its steps. */
  oldestUnfinished(): Promise<Date | undefined>
  readonly atMost: number
}

const AT_MOST = 500

/** A saga falls due for the last time when it goes on for the last time, moments before its end. */
const REMOVE_ENDED = `
delete from archipel_sagas where ctid = any (array(
  select ctid from archipel_sagas where status in ('completed', 'compensated', 'abandoned') and due_at < $1
  order by due_at limit ${AT_MOST} for update skip locked)) returning 1`

const OLDEST_UNFINISHED = `
select min((origin ->> 'startedAt')::float8) as began from archipel_sagas where status in ('running', 'compensating', 'stuck')`

export function createSagaHousekeeping(database: Pick<ServiceDatabase, 'query'>): SagaHousekeeping {
  const statement = (name: string, text: string, ...values: unknown[]): FrameworkStatement => ({
    name: `archipel_saga_${name}`,
    text,
    values,
  })
  return {
    removeEnded: async (before) =>
      (await database.query(statement('remove_ended', REMOVE_ENDED, before.getTime()))).length,
    async oldestUnfinished() {
      const [row] = await database.query(statement('oldest_unfinished', OLDEST_UNFINISHED))
      const began = row?.['began']
      return typeof began === 'number' ? new Date(began) : undefined
    },
    atMost: AT_MOST,
  }
}
