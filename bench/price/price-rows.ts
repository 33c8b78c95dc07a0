import type { Shares } from './flame.ts'
import type { Measured } from './host-probe.ts'
import { serviceOf } from './rooms.ts'
import type { ServerMeasured } from './server-statistics.ts'
import type { Work } from './work.ts'
import type { Traffic } from './wire.ts'

/** All that was measured of one kind of work. */
export interface Price {
  readonly work: Work
  readonly host: Measured
  readonly shares: Shares
  readonly server: ServerMeasured
  /** By room, for one time. */
  readonly allocated: ReadonlyMap<string, number>
}

/** Rooms with less of everything are summed up. */
const LEAST_MS = 0.01
const LEAST_SHARE = 0.01

interface Line {
  readonly room: string
  readonly own: number
  readonly all: number
  readonly bytes: number
  readonly statements: number
  readonly nested: number
  readonly ms: number
  readonly wal: number
  readonly wire: Traffic | undefined
}

/** The whole first, then room by room, the dearest first. */
export function priceRows(price: Price): string[][] {
  const { work, host, server, shares, allocated } = price
  const wire = wireByRoom(host.wire)
  const msOf = scaled(shares.own, host.processorMs / work.times)
  const allOf = scaled(shares.all, host.processorMs / work.times)
  const rooms = new Set([
    ...shares.own.keys(),
    ...shares.all.keys(),
    ...allocated.keys(),
    ...server.byRoom.keys(),
    ...wire.keys(),
  ])
  const lines = [...rooms].map((room): Line => {
    const sum = server.byRoom.get(room)
    return {
      room,
      own: msOf(room),
      all: allOf(room),
      bytes: allocated.get(room) ?? 0,
      statements: (sum?.statements ?? 0) / work.times,
      nested: (sum?.nested ?? 0) / work.times,
      ms: (sum?.ms ?? 0) / work.times,
      wal: (sum?.walBytes ?? 0) / work.times,
      wire: wire.get(room),
    }
  })
  const whole = wholeOf(price, lines)
  const worth = lines.filter(
    (line) =>
      Math.max(line.own, line.all, line.ms) >= LEAST_MS &&
      Math.max(line.own / whole.own, line.all / whole.own, line.ms / Math.max(whole.ms, LEAST_MS)) >=
        LEAST_SHARE,
  )
  const dearest = worth.toSorted((one, other) => other.all + other.ms - one.all - one.ms)
  return [row(work, whole), ...dearest.map((line) => row(work, line))]
}

function wholeOf({ work, host, server }: Price, lines: readonly Line[]): Line {
  const sum = (read: (line: Line) => number) => lines.reduce((total, line) => total + read(line), 0)
  const traffic = [...host.wire.values()].filter(({ who }) => !who.startsWith('http'))
  const over = (read: (one: Traffic) => number) => traffic.reduce((total, one) => total + read(one), 0)
  return {
    room: '**all**',
    own: host.processorMs / work.times,
    all: host.processorMs / work.times,
    bytes: sum((line) => line.bytes),
    statements: sum((line) => line.statements),
    nested: sum((line) => line.nested),
    ms: server.processorMs / work.times,
    wal: server.walBytes / work.times,
    wire: {
      who: 'all',
      roundTrips: over((one) => one.roundTrips),
      transactions: over((one) => one.transactions),
      sentBytes: over((one) => one.sentBytes),
      receivedBytes: over((one) => one.receivedBytes),
    },
  }
}

/** Parts of samples as parts of what the process really took. */
function scaled(samples: ReadonlyMap<string, number>, ms: number): (room: string) => number {
  const total = [...samples.values()].reduce((sum, hits) => sum + hits, 0)
  return (room) => (total === 0 ? 0 : ((samples.get(room) ?? 0) / total) * ms)
}

/** Of writer and reader of a service together. */
function wireByRoom(wire: ReadonlyMap<string, Traffic>): Map<string, Traffic> {
  const sums = new Map<string, Traffic>()
  for (const one of wire.values()) {
    const room = roomOfConnection(one.who)
    const sum = sums.get(room)
    sums.set(room, {
      who: room,
      roundTrips: (sum?.roundTrips ?? 0) + one.roundTrips,
      transactions: (sum?.transactions ?? 0) + one.transactions,
      sentBytes: (sum?.sentBytes ?? 0) + one.sentBytes,
      receivedBytes: (sum?.receivedBytes ?? 0) + one.receivedBytes,
    })
  }
  return sums
}

function roomOfConnection(who: string): string {
  if (who.startsWith('http')) return who
  if (who === 'boutique_provider' || who === 'boutique_mailbox')
    return `boutique: ${who.slice('boutique_'.length)}`
  const service = serviceOf(who)
  return service === undefined ? 'messaging' : `boutique: ${service}`
}

function row({ name, times }: Work, line: Line): string[] {
  const { wire } = line
  const traffic = [wire?.roundTrips, wire?.transactions].map((count) =>
    number(count === undefined ? undefined : count / times, 1),
  )
  const bytes = [wire?.sentBytes, wire?.receivedBytes].map((count) =>
    number(count === undefined ? undefined : count / times / 1_000, 1),
  )
  return [
    name,
    line.room,
    number(line.own, 2),
    number(line.all, 2),
    number(line.bytes / 1_000, 0),
    number(line.statements, 1),
    number(line.nested, 1),
    number(line.ms, 2),
    number(line.wal / 1_000, 1),
    ...traffic,
    ...bytes,
  ]
}

function number(value: number | undefined, digits: number): string {
  if (value === undefined) return '–'
  const text = value.toFixed(digits)
  return Number(text) === 0 ? '–' : text
}
