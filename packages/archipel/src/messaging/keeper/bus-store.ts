import { frameworkError } from '../../errors/index.ts'
import type { FrameworkStatement, Row } from '../../storage/index.ts'
import type { BusConnection } from '../options.ts'
import type { SubscriptionDefinition } from '../types.ts'

export interface Survey {
  /** The last position that any writer has drawn. */
  readonly last: number
  /** Transactions that held the writers' lock after `last` was read. */
  readonly holders: readonly string[]
  /** `publisher type` of what stands between the known mark and `last`; undefined: not looked up. */
  readonly kinds: readonly string[] | undefined
  /** Which process of the server answered: another one than before may mean that the server was restarted. */
  readonly backend: number
}

export interface WrittenCount {
  readonly written: number
  /** Positions above the durable one that are to be delivered. */
  readonly open: readonly number[]
}

/** What the keeper and the counters ask of the bus, under the role that owns it. */
export interface BusStore {
  survey(known: number | undefined): Promise<Survey>
  kinds(after: number, upTo: number): Promise<readonly string[]>
  unknownWriters(): Promise<number>
  makePartitions(): Promise<void>
  /** Lets a login role of a service use the bus: a writing one append and take, a reading one take. */
  join(service: string, role: string, writes: boolean): Promise<void>
  /** @returns the position where it begins; undefined: it must begin at a mark, and none was given. */
  subscribe(definition: SubscriptionDefinition, mark: number | undefined): Promise<number | undefined>
  written(
    service: string,
    name: string,
    durable: number,
    upTo: number,
    recount: boolean,
  ): Promise<WrittenCount>
  foldWritten(service: string, name: string, durable: number): Promise<void>
}

/** Partitions of a million positions that are kept ready beyond the one in use. */
const PARTITIONS_AHEAD = 2

export function createBusStore(bus: BusConnection): BusStore {
  const call = (name: string, text: string, ...values: unknown[]) => bus.query(statement(name, text, values))
  return {
    async survey(known) {
      const row = only(
        await call('survey', 'select last, holders, kinds, backend from archipel_bus.survey($1)', known),
      )
      const { last, holders, kinds, backend } = row as Omit<Survey, 'kinds'> & { kinds: string[] | null }
      return { last, holders, kinds: kinds ?? undefined, backend }
    },
    async kinds(after, upTo) {
      return only(await call('kinds', 'select archipel_bus.kinds($1, $2) as kinds', after, upTo))[
        'kinds'
      ] as string[]
    },
    async unknownWriters() {
      return only(await call('unknown_writers', 'select archipel_bus.unknown_writers() as unknown'))[
        'unknown'
      ] as number
    },
    async makePartitions() {
      await call('make_partitions', 'select archipel_bus.make_partitions($1)', PARTITIONS_AHEAD)
    },
    async join(service, role, writes) {
      await call('join', 'select archipel_bus.join_service($1, $2, $3)', service, role, writes)
    },
    async subscribe({ service, name, publisher, types, from }, mark) {
      const text = 'select from_position, outcome from archipel_bus.subscribe($1, $2, $3, $4, $5, $6)'
      const row = only(await call('subscribe', text, service, name, publisher, types, from === 'start', mark))
      if (row['outcome'] !== 'other publisher') return (row['from_position'] as number | null) ?? undefined
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `Subscription '${service}.${name}' was registered for another publisher than '${publisher}': its name is its identity, choose a new one.`,
      )
    },
    async written(service, name, durable, upTo, recount) {
      const text = 'select written, open_positions from archipel_bus.count_written($1, $2, $3, $4, $5)'
      const row = only(await call('written', text, service, name, durable, upTo, recount))
      return { written: row['written'] as number, open: row['open_positions'] as number[] }
    },
    async foldWritten(service, name, durable) {
      await call('fold_written', 'select archipel_bus.fold_written($1, $2, $3)', service, name, durable)
    },
  }
}

function statement(name: string, text: string, values: readonly unknown[]): FrameworkStatement {
  return { name: `archipel_keeper_${name}`, text, values }
}

function only(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw frameworkError('ARC_INTERNAL', 'A function of the bus gave no row.')
  return row
}
