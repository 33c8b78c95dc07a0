import { frameworkError } from '../../errors/index.ts'
import type { Row, ServiceDatabase } from '../../storage/index.ts'
import { storedEvent } from '../inbox/subscription-store.ts'
import type { DeadLetterSelection, OperatorAction } from '../port.ts'
import type { DeadLetter } from '../types.ts'

/** Dead letters of one service, for operators. */
export interface DeadLetterStore {
  /** In order of subscription and position, after the given one. */
  list(filter: {
    subscription?: string | undefined
    after?: { subscription: string; position: number } | undefined
    limit: number
  }): Promise<DeadLetter[]>
  one(subscription: string, position: number): Promise<DeadLetter | undefined>
  requestReplay(selection: DeadLetterSelection, action: OperatorAction): Promise<number>
  discard(
    selection: DeadLetterSelection & { position?: number | undefined },
    action: OperatorAction,
  ): Promise<number>
}

const COLUMNS = 'subscription, position, key, event, reason, error, attempts, parked_at'

export function createDeadLetterStore(database: ServiceDatabase): DeadLetterStore {
  const call = (name: string, text: string, ...values: unknown[]) =>
    database.query({ name: `archipel_dead_letters_${name}`, text, values })

  function acted(count: unknown, verb: string, { service, subscription, key }: DeadLetterSelection): number {
    if (typeof count === 'number' && count > 0) return count
    const what = key === undefined ? '' : ` of key '${key}'`
    throw frameworkError(
      'ARC_ACTION_REFUSED',
      `Nothing${what} is parked in '${service}.${subscription}': there is nothing to ${verb}.`,
    )
  }

  return {
    async list({ subscription, after, limit }) {
      const text = `select ${COLUMNS} from archipel_dead_letters
        where ($1::text is null or subscription = $1) and (subscription, position) > ($2, $3)
        order by subscription, position limit $4`
      const rows = await call(
        'list',
        text,
        subscription,
        after?.subscription ?? '',
        after?.position ?? 0,
        limit,
      )
      return rows.map((row) => deadLetter(database.service, row))
    },
    async one(subscription, position) {
      const text = `select ${COLUMNS} from archipel_dead_letters where subscription = $1 and position = $2`
      const [row] = await call('one', text, subscription, position)
      return row && deadLetter(database.service, row)
    },
    async requestReplay(selection, { who, why }) {
      const text = 'select archipel_request_replay($1, $2, $3, $4) as keys'
      const [row] = await call('replay', text, selection.subscription, selection.key, who, why)
      return acted(row?.['keys'], 'replay', selection)
    },
    async discard(selection, { who, why }) {
      const text = 'select archipel_discard($1, $2, $3, $4, $5) as letters'
      const [row] = await call(
        'discard',
        text,
        selection.subscription,
        selection.key,
        selection.position,
        who,
        why,
      )
      return acted(row?.['letters'], 'discard', selection)
    },
  }
}

function deadLetter(service: string, row: Row): DeadLetter {
  return {
    service,
    subscription: row['subscription'] as string,
    position: row['position'] as number,
    key: row['key'] as string,
    event: storedEvent(row['event']),
    reason: row['reason'] as DeadLetter['reason'],
    error: (row['error'] as string | null) ?? undefined,
    attempts: row['attempts'] as number,
    parkedAt: row['parked_at'] as string,
  }
}
