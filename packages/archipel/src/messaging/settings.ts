import { frameworkError } from '../errors/index.ts'
import type { MessagingOptions, MessagingSettings } from './options.ts'
import type { SubscriptionDefinition } from './types.ts'

const DEFAULTS: MessagingSettings = {
  pageSize: 100,
  pageEveryMs: 20,
  leaseMs: 10_000,
  handlerTimeoutMs: 20_000,
  idlePollMs: 250,
  busyPollMs: 12,
  housekeepingMs: 10_000,
  inboxRowsKept: 1_000,
  blockedKeys: 1_000,
  slowWriterMs: 10_000,
}

const MAY_BE_NONE = new Set(['inboxRowsKept', 'pageEveryMs'])

/** @throws ARC_CONFIGURATION_INVALID naming every setting that is out of range. */
export function resolveSettings(given: Partial<MessagingSettings> = {}): MessagingSettings {
  const settings = { ...DEFAULTS, ...given }
  const wrong = Object.entries(settings).filter(
    ([name, value]) =>
      !Number.isFinite(value) ||
      value < (MAY_BE_NONE.has(name) ? 0 : 1) ||
      (name === 'pageSize' && value > 100),
  )
  if (wrong.length === 0) return Object.freeze(settings)
  const list = wrong.map(([name, value]) => `messaging.settings.${name} is ${value}`).join('; ')
  throw frameworkError('ARC_CONFIGURATION_INVALID', `Settings of messaging are out of range: ${list}.`)
}

/** @throws ARC_APPLICATION_INVALID naming every subscription that can not be. */
export function checkSubscriptions({
  subscriptions,
  databases,
}: Pick<MessagingOptions, 'subscriptions' | 'databases'>): void {
  const seen = new Set<string>()
  const problems = subscriptions.flatMap((definition) => {
    const name = `${definition.service}.${definition.name}`
    const problem = problemOf(definition, databases.has(definition.service), seen.has(name))
    seen.add(name)
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
  if (problems.length > 0)
    throw frameworkError('ARC_APPLICATION_INVALID', `Subscriptions do not fit: ${problems.join('; ')}.`)
}

function problemOf(
  { types, retry }: SubscriptionDefinition,
  hasDatabase: boolean,
  doubled: boolean,
): string | undefined {
  if (!hasDatabase) return 'its service has no database in this host'
  if (doubled) return 'there are two of this name'
  if (types.length === 0 || new Set(types).size < types.length) return 'it needs event types, each once'
  if (!Number.isInteger(retry.attempts) || retry.attempts < 1)
    return 'retry.attempts counts the first try and is at least 1'
  if (!(retry.firstDelayMs >= 0 && retry.longestDelayMs >= retry.firstDelayMs))
    return 'retry.longestDelayMs is not below retry.firstDelayMs, and neither is negative'
  return undefined
}
