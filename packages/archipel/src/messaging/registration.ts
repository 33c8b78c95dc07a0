import type { ServiceDatabase } from '../storage/index.ts'
import type { BusStore } from './keeper/bus-store.ts'
import type { SubscriptionDefinition } from './types.ts'

/** Lets the roles of the services use the bus: the server says itself who is logged in, nobody has to be believed. */
export async function registerMembers(
  bus: BusStore,
  databases: ReadonlyMap<string, ServiceDatabase>,
): Promise<void> {
  for (const [service, database] of databases) {
    const [row] = await database.query({
      name: 'archipel_session_user',
      text: 'select session_user::text as role',
      values: [],
    })
    const writer = String(row?.['role'])
    await bus.join(service, writer, true)
    await bus.join(service, `${writer}_reader`, false)
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
