import { frameworkError } from '../errors/index.ts'
import { createEventLog } from './brokers/embedded/event-log.ts'
import { createHints } from './hints.ts'
import { createHouseKeeper } from './housekeeping/keep-house.ts'
import { createRetentionStore } from './housekeeping/retention-store.ts'
import { createInboxStore } from './inbox/inbox-store.ts'
import { pageStore } from './inbox/page-store.ts'
import { createSubscriptionStore } from './inbox/subscription-store.ts'
import { createBusStore } from './keeper/bus-store.ts'
import { createKeeper } from './keeper/keeper.ts'
import { createMeters } from './meters.ts'
import { countDeliveries } from './operations/counters.ts'
import { createOperations } from './operations/operations.ts'
import { createSubscriptionList } from './operations/subscription-list.ts'
import type { MessagingOptions } from './options.ts'
import type { Messaging } from './port.ts'
import { registerMembers, registerRetentions, registerSubscription } from './registration.ts'
import { checkSubscriptions, resolveSettings } from './settings.ts'
import { createSubscriber, type Subscriber } from './subscriber/subscriber.ts'
import type { DeliveryCounters, EventLog, SubscriptionDefinition } from './types.ts'

/** Inbox rows that housekeeping folds in one transaction. */
const FOLD_AT_MOST = 5_000

/** The bus in one host. Connects to nothing before `start`. @throws ARC_APPLICATION_INVALID, ARC_CONFIGURATION_INVALID */
export function createMessaging(options: MessagingOptions): Messaging {
  checkSubscriptions(options)
  const { environment, databases, subscriptions, published = [] } = options
  const settings = resolveSettings(options.settings)
  const bus = createBusStore(options.bus)
  const retention = createRetentionStore(options.bus)
  const logs = new Map(
    [...databases].map(([service, database]) => [
      service,
      (options.createEventLog ?? createEventLog)(database),
    ]),
  )
  const isOneDatabase = options.createEventLog === undefined && options.createInboxStore === undefined
  const hints = createHints(environment.timers)
  const closing = new AbortController()
  const meters = createMeters(options.telemetry, {
    oldestWriterMs: () => keeper.oldestWriterMs,
    unknownWriters: () => keeper.unknownWriters,
    unknownSubscriptions: () => houseKeeper.unknown,
  })
  const keeper = createKeeper({
    environment,
    log: options.telemetry.log,
    bus,
    settings,
    onRise: (rise) => subscribers.forEach((subscriber) => subscriber.rise(rise)),
  })
  const subscribers = subscriptions.map(subscriberOf)
  const list = createSubscriptionList({ retention, databases, subscriptions })
  const houseKeeper = createHouseKeeper({
    clock: environment.clock,
    log: options.telemetry.log,
    retention,
    list,
    mark: () => keeper.mark,
  })
  let starting: Promise<void> | undefined

  function logOf(service: string): EventLog {
    const log = logs.get(service)
    if (log === undefined)
      throw frameworkError('ARC_APPLICATION_INVALID', `Service '${service}' is not in this host.`)
    return log
  }

  function databaseOf(service: string) {
    const database = databases.get(service)
    if (database === undefined)
      throw frameworkError('ARC_APPLICATION_INVALID', `Service '${service}' is not in this host.`)
    return database
  }

  function subscriberOf(definition: SubscriptionDefinition): Subscriber {
    const { service, name } = definition
    const database = databaseOf(service)
    const store = createSubscriptionStore(database)
    const work = {
      definition,
      environment,
      telemetry: options.telemetry,
      database,
      log: logOf(service),
      inbox: (options.createInboxStore ?? createInboxStore)(database),
      pages: isOneDatabase ? pageStore : undefined,
      store,
      handlerTimeoutMs: settings.handlerTimeoutMs,
      closing: closing.signal,
      published: (events: readonly { readonly key: string }[]) => kick(service, events),
    }
    return createSubscriber({
      work,
      instance: options.instance,
      settings,
      log: options.telemetry.log,
      mark: () => keeper.mark,
      onFailure: (parked) => meters.failed(definition, parked),
      onHandled: (events) => meters.handled(definition, events),
      async keepHouse({ fence, position }) {
        while ((await store.fold(name, fence, settings.inboxRowsKept, FOLD_AT_MOST)) === FOLD_AT_MOST);
        await bus.foldWritten(service, name, position)
        await count(definition, false)
      },
    })
  }

  async function count(
    definition: SubscriptionDefinition,
    recount: boolean,
  ): Promise<DeliveryCounters | undefined> {
    const database = databaseOf(definition.service)
    const counters = await countDeliveries(definition, { database, bus, mark: keeper.mark, recount })
    if (counters !== undefined) meters.counted(counters)
    return counters
  }

  function kick(publisher?: string, events: readonly { readonly key: string }[] = []): void {
    keeper.kick()
    if (publisher !== undefined) for (const { key } of events) hints.changed(publisher, key)
  }

  async function start(): Promise<void> {
    await registerMembers(bus, databases)
    await bus.makePartitions()
    await registerRetentions(retention, published)
    keeper.start()
    await Promise.all(
      subscriptions.map(async (definition, index) => {
        subscribers[index]?.start(await registerSubscription(bus, definition, keeper.reach))
      }),
    )
  }

  async function idle(): Promise<number> {
    for (;;) {
      const before = await keeper.reach()
      await Promise.all(subscribers.map((subscriber) => subscriber.rest()))
      const after = await keeper.reach()
      if (before === after && subscribers.every((subscriber) => subscriber.resting)) return after
    }
  }

  async function drain(): Promise<void> {
    await starting?.catch(() => undefined)
    await Promise.all(subscribers.map((subscriber) => subscriber.drain()))
    await keeper.close()
  }

  return {
    eventLog: logOf,
    start: () => (starting ??= start()),
    drain,
    async close() {
      closing.abort()
      await drain()
    },
    kick,
    idle,
    hints,
    keepHouse: (signal) => houseKeeper.keep(signal),
    operations: createOperations({
      subscriptions: list,
      bus: options.bus,
      databases,
      replayRequested(service, name) {
        subscribers
          .find((subscriber) => subscriber.service === service && subscriber.name === name)
          ?.lookForReplays()
      },
      async deliveryCounters(recount) {
        const counted: DeliveryCounters[] = []
        for (const definition of subscriptions) {
          const counters = await count(definition, recount)
          if (counters !== undefined) counted.push(counters)
        }
        return counted
      },
    }),
  }
}
