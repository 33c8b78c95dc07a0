/** What `measure` gave for each of `candidates`, round by round: A B C A B C …, so that a slow minute hits all alike. */
export async function alternate<TCandidate, TResult>(
  candidates: readonly TCandidate[],
  rounds: number,
  measure: (candidate: TCandidate, round: number) => Promise<TResult>,
): Promise<Map<TCandidate, TResult[]>> {
  const results = new Map<TCandidate, TResult[]>(candidates.map((candidate) => [candidate, []]))
  for (let round = 0; round < rounds; round++) {
    for (const candidate of candidates) results.get(candidate)?.push(await measure(candidate, round))
  }
  return results
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which `share` of them lie, between its neighbours where it falls between two. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)]
  const above = sorted[Math.ceil(at)]
  if (below === undefined || above === undefined) throw new Error('no values')
  return below + (above - below) * (at - Math.floor(at))
}

/** Smallest and largest, as a reader wants to see beside a median. */
export function spread(values: readonly number[], digits = 0): string {
  return `${Math.min(...values).toFixed(digits)} – ${Math.max(...values).toFixed(digits)}`
}
