import type { Telemetry } from '../telemetry/index.ts'
import type { DeliveryCounters, SubscriptionDefinition } from './types.ts'

/** What messaging shows to the outside: how much was handled, what failed, and whether the books balance. */
export interface Meters {
  handled(subscription: SubscriptionDefinition, events: number): void
  failed(subscription: SubscriptionDefinition, parked: boolean): void
  /** Keeps the latest counters for the gauges; a drift other than 0 raises an alarm. */
  counted(counters: DeliveryCounters): void
}

const LABELS = ['service', 'subscription'] as const

export function createMeters(
  telemetry: Telemetry,
  bus: {
    oldestWriterMs(): number
    unknownWriters(): number
    /** Subscriptions that nobody handles, each with how many positions it holds back. */
    unknownSubscriptions(): readonly { service: string; subscription: string; behind: number }[]
  },
): Meters {
  const handled = telemetry.counter(
    'archipel_events_handled_total',
    'Events that a subscription handled.',
    LABELS,
  )
  const failures = telemetry.counter('archipel_event_failures_total', 'Tries at an event that failed.', [
    ...LABELS,
    'outcome',
  ])
  const latest = new Map<string, DeliveryCounters>()

  telemetry.gauge(
    'archipel_bus_oldest_writer_seconds',
    'How long the oldest transaction has held back the mark.',
    [],
    () => [{ value: bus.oldestWriterMs() / 1000, labels: [] }],
  )
  telemetry.gauge(
    'archipel_bus_unknown_writers',
    'Transactions of no service that hold back the mark.',
    [],
    () => [{ value: bus.unknownWriters(), labels: [] }],
  )
  telemetry.gauge(
    'archipel_unknown_subscriptions',
    'Positions of the log that a subscription which nobody handles holds back from housekeeping.',
    LABELS,
    () =>
      bus.unknownSubscriptions().map(({ service, subscription, behind }) => ({
        value: behind,
        labels: [service, subscription],
      })),
  )
  telemetry.gauge(
    'archipel_delivery_drift',
    'Written events that are neither handled, in flight, parked nor discarded. Anything but 0 is an alarm.',
    LABELS,
    () =>
      [...latest.values()].map(({ service, subscription, drift }) => ({
        value: drift,
        labels: [service, subscription],
      })),
  )
  telemetry.gauge(
    'archipel_deliveries',
    'Events of a subscription by what became of them.',
    [...LABELS, 'state'],
    () => [...latest.values()].flatMap(states),
  )

  return {
    handled: ({ service, name }, events) => handled.add(events, service, name),
    failed: ({ service, name }, parked) => failures.add(1, service, name, parked ? 'parked' : 'retried'),
    counted(counters) {
      const { service, subscription, drift } = counters
      const before = latest.get(`${service}.${subscription}`)
      latest.set(`${service}.${subscription}`, counters)
      if (drift !== 0 && before?.drift !== drift)
        telemetry.log.error('deliveries do not add up', { ...counters })
    },
  }
}

function states({ service, subscription, written, handled, inFlight, parked, discarded }: DeliveryCounters) {
  const counts = { written, handled, 'in-flight': inFlight, parked, discarded }
  return Object.entries(counts).map(([state, value]) => ({ value, labels: [service, subscription, state] }))
}
