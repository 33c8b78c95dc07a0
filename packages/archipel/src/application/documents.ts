import { asyncApi, type AsyncApiDocument } from '../contract/index.ts'
import type { Application } from './types.ts'

/** The AsyncAPI document of an application: who publishes what, and who handles it. */
export function asyncApiOf({ name, services }: Pick<Application, 'name' | 'services'>): AsyncApiDocument {
  return asyncApi({
    title: name,
    contracts: services.map(({ contract }) => contract),
    subscriptions: services.flatMap(({ contract, definition }) =>
      definition.subscriptions.map(({ events, options }) => ({
        service: contract.name,
        name: options.name,
        events,
      })),
    ),
  })
}
