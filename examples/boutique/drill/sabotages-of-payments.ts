import { randomUUID } from 'node:crypto'
import type { ProviderClient } from '../payments/provider-client.ts'

/** Every third answer is lost on its way, as lines do: asking again under the same key would do no harm. */
export function refundsWithoutKey(provider: ProviderClient): ProviderClient {
  let answers = 0
  return {
    ...provider,
    async refund(_key, request, signal) {
      const outcome = await provider.refund(randomUUID(), request, signal)
      if (++answers % 3 === 0) throw new Error('the answer was lost')
      return outcome
    },
  }
}

/** As somebody would who takes silence for a refusal. */
export function chargesAnew(provider: ProviderClient): ProviderClient {
  const requests = new Map<string, Parameters<ProviderClient['authorise']>[1]>()
  return {
    ...provider,
    async authorise(key, request, signal) {
      const outcome = await provider.authorise(key, request, signal)
      if (outcome.status === 'done' && outcome.id !== undefined) requests.set(outcome.id, request)
      return outcome
    },
    async capture(key, request, signal) {
      const authorised = requests.get(request.authorisationId)
      try {
        return await provider.capture(key, request, signal)
      } catch (failure) {
        if (!authorised) throw failure
        const anew = await provider.authorise(randomUUID(), authorised, signal)
        if (anew.status !== 'done' || anew.id === undefined) throw failure
        return provider.capture(randomUUID(), { ...request, authorisationId: anew.id }, signal)
      }
    },
  }
}
