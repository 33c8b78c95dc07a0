import type { ChangeHints, EventLog, Messaging } from '../messaging/index.ts'

/** The bus as services see it while it is still being put together: it needs their subscriptions, they need its log. */
export interface Bus {
  connect(messaging: Messaging): void
  readonly kick: () => void
  readonly hints: ChangeHints
  eventLog(service: string): Pick<EventLog, 'append'>
}

export function createBus(): Bus {
  let connected: Messaging | undefined
  function messaging(): Messaging {
    if (!connected) throw new Error('the bus was used before the application was assembled')
    return connected
  }
  return {
    connect: (made) => void (connected = made),
    kick: () => messaging().kick(),
    hints: {
      wait: (publisher, key, options) => messaging().hints.wait(publisher, key, options),
      changed: (publisher, key) => messaging().hints.changed(publisher, key),
    },
    eventLog: (service) => ({ append: (events) => messaging().eventLog(service).append(events) }),
  }
}
