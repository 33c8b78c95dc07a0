import { frameworkError } from '../../errors/index.ts'
import type { ServiceDatabase } from '../../storage/index.ts'
import type { RetentionStore } from '../housekeeping/retention-store.ts'
import type { OperatorAction, SubscriptionState } from '../port.ts'
import type { SubscriptionDefinition } from '../types.ts'

/** The subscriptions of this host's services, those among them that no code handles any more. */
export interface SubscriptionList {
  all(): Promise<readonly SubscriptionState[]>
  drop(service: string, subscription: string, action: OperatorAction): Promise<void>
}

export interface SubscriptionListOptions {
  readonly retention: RetentionStore
  readonly databases: ReadonlyMap<string, ServiceDatabase>
  readonly subscriptions: readonly SubscriptionDefinition[]
}

export function createSubscriptionList({
  retention,
  databases,
  subscriptions,
}: SubscriptionListOptions): SubscriptionList {
  const handled = new Set(subscriptions.map(({ service, name }) => `${service}.${name}`))

  async function all(): Promise<readonly SubscriptionState[]> {
    return (await retention.subscriptions())
      .filter(({ service }) => databases.has(service))
      .map((each) => ({ ...each, handled: handled.has(`${each.service}.${each.subscription}`) }))
  }

  /** The service forgets it before the bus does: a crash between the two leaves it in the list, to be dropped again. */
  async function drop(service: string, subscription: string, { who, why }: OperatorAction): Promise<void> {
    const name = `'${service}.${subscription}'`
    const database = databases.get(service)
    const [known] = (await all()).filter(
      (each) => each.service === service && each.subscription === subscription,
    )
    if (database === undefined || known === undefined)
      throw frameworkError('ARC_NOT_FOUND', `There is no subscription ${name} in this host.`)
    if (known.handled) throw refused(`${name} is handled by this host: take it out of its service first.`)
    const [row] = await database.query({
      name: 'archipel_subscription_drop',
      text: 'select archipel_drop_subscription($1, $2, $3) as outcome',
      values: [subscription, who, why],
    })
    if (row?.['outcome'] === 'owned') throw refused(`Another host handles ${name}.`)
    if (row?.['outcome'] === 'parked')
      throw refused(`${name} has dead letters: discard them, or hand them to a handler, first.`)
    await retention.dropSubscription(service, subscription)
  }

  return { all, drop }
}

function refused(message: string): Error {
  return frameworkError('ARC_ACTION_REFUSED', message)
}
