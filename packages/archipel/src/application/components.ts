import { component, type Component } from '../host/index.ts'
import type { DatabaseServer } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Assembly } from './assemble.ts'

/** Looks after the server: not ready while this host doesn't hold its name there. */
export function databaseComponent(server: DatabaseServer, { log }: Pick<Telemetry, 'log'>): Component {
  return component('database', {
    start: async () =>
      log.info(`PostgreSQL ${server.version} is there`, { durability: server.settings.join(', ') }),
    ready: () => server.held,
    close: () => server.close(),
  })
}

/** The parts of an assembly in the order of their start; they stop in the reverse. */
export function componentsOf({ services, messaging, close }: Assembly): Component[] {
  const connections = component('connections', { close })
  const bus = component('bus', {
    start: () => messaging.start(),
    drain: () => messaging.drain(),
    close: () => messaging.close(),
  })
  const activities = services.flatMap(({ name, activities }) =>
    activities
      ? [
          component(`activities of ${name}`, {
            start: async () => activities.run(),
            drain: () => activities.drain(),
            close: () => activities.close(),
          }),
        ]
      : [],
  )
  const sagas = services.flatMap(({ name, sagas }) =>
    sagas
      ? [
          component(`sagas of ${name}`, {
            start: async () => sagas.run(),
            drain: () => sagas.drain(),
            close: () => sagas.close(),
          }),
        ]
      : [],
  )
  return [connections, bus, ...activities, ...sagas]
}

/** Resolves once nothing is in flight: events may start sagas, and sagas publish events, so both are asked until both are at rest. */
export async function untilIdle({ services, messaging }: Assembly): Promise<void> {
  for (;;) {
    const mark = await messaging.idle()
    await Promise.all(
      services.flatMap(({ sagas, activities }) => [
        ...(sagas ? [sagas.idle()] : []),
        ...(activities ? [activities.idle()] : []),
      ]),
    )
    if ((await messaging.idle()) === mark) return
  }
}
