import { component, type Component, type Place } from 'archipel'
import { fillDemonstration } from './demo/fill.ts'
import { createProviderClient, type ProviderClient } from './payments/provider-client.ts'
import { startProvider, type Provider } from './provider/index.ts'

/** The card processor that stands in for a real one, in the host of the shop, and the way to it. */
export interface ProviderBeside {
  readonly client: ProviderClient
  /** Where it listens, once it is started. */
  url(): string
  /** As a component on the third port, with a database of its own. */
  component(place: Place): Component
}

const ANSWER_WITHIN_MS = 2_000

/**
 * @param options.answerWithinMs how long payments wait for an answer before they look it up. Default 2000.
 * @param options.slowMs how late the processor answers its slow cards. Default 5000.
 */
export function createProviderBeside(
  options: { answerWithinMs?: number; slowMs?: number } = {},
): ProviderBeside {
  const { answerWithinMs = ANSWER_WITHIN_MS, slowMs } = options
  let provider: Provider | undefined
  const url = () => {
    if (!provider) throw new Error('the payment provider has not started yet')
    return provider.url
  }
  return {
    client: createProviderClient({ url, timeoutMs: answerWithinMs }),
    url,
    component: (place) =>
      component('provider', {
        async start() {
          const connectionString = await place.database('provider')
          provider = await startProvider({
            connectionString,
            port: place.port(2),
            log: (line) => place.telemetry.log.warn(line),
            ...(slowMs !== undefined && { slowMs }),
          })
        },
        close: async () => provider?.close(),
      }),
  }
}

/** Fills an empty shop before its doors open. */
export function demonstration(place: Place): Component {
  return component('demonstration', {
    start: async () => void (await fillDemonstration(place.client, place.dataFolder)),
  })
}
