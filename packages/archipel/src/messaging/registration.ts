import type { ServiceDatabase } from '../storage/index.ts'
import type { BusStore } from './keeper/bus-store.ts'
import type { RetentionStore } from './housekeeping/retention-store.ts'
import type { PublishedType, SubscriptionDefinition } from './types.ts'

/** Lets the roles of the services use the bus, under the names by which they log in: nobody has to connect for it. */
export async function registerMembers(
  bus: BusStore,
  databases: ReadonlyMap<string, ServiceDatabase>,
): Promise<void> {
  const joining = [...databases].flatMap(([service, { roles }]) => [
    bus.join(service, roles.writer, true),
    bus.join(service, roles.reader, false),
  ])
  await Promise.all(joining)
}

/** Makes a place for events that are kept for a time only, before anybody publishes one. */
export async function registerRetentions(
  retention: RetentionStore,
  published: readonly PublishedType[],
): Promise<void> {
  for (const event of published) {
    const { retentionMs } = event
    if (retentionMs !== undefined) await retention.keepType({ ...event, retentionMs })
  }
}

/** @returns the position where the subscription begins. Only one that begins now has to wait for a mark. */
export async function registerSubscription(
  bus: BusStore,
  definition: SubscriptionDefinition,
  reach: () => Promise<number>,
): Promise<number> {
  return (await bus.subscribe(definition, undefined)) ?? (await bus.subscribe(definition, await reach())) ?? 0
}
