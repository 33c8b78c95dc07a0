/** A span of time as people write it: `'250ms'`, `'30s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function isUnit(text: string): text is keyof typeof UNIT_MS {
  return Object.hasOwn(UNIT_MS, text)
}

/** A duration in milliseconds. @throws RangeError for text that is no duration. */
export function durationMs(duration: Duration): number {
  const parts = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(duration)
  const [, amount, unit] = parts ?? []
  if (amount === undefined || unit === undefined || !isUnit(unit)) {
    throw new RangeError(
      `'${duration}' is no duration: write a number and a unit, such as '250ms', '30s', '5m', '1h' or '7d'`,
    )
  }
  return Number(amount) * UNIT_MS[unit]
}
