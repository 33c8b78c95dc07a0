/** How a benchmark is run. */
export interface RunOptions {
  /** Short rounds: shows that it works, gives no figure to quote. */
  readonly quick: boolean
  /** Only these candidates; without ours there is no value and no ratio. */
  readonly only: readonly string[] | undefined
}

/** What a benchmark found. */
export interface Report {
  readonly name: string
  readonly value: number | undefined
  readonly unit: string
  /** By name, in the same unit; the first one is who `ratio` compares with. */
  readonly peers: Readonly<Record<string, number>>
  readonly ratio: number | undefined
  readonly goal: number
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How it was measured, what was checked, durability settings. */
  readonly notes: readonly string[]
}

export interface Benchmark {
  readonly name: string
  readonly title: string
  /** What it lacks on this machine, if it can't run here. */
  missing?(options: RunOptions): string | undefined
  run(options: RunOptions): Promise<Report>
}

/** The name of our own side in every table. */
export const OURS = 'archipel'

export function wanted<TCandidate extends { readonly name: string }>(
  candidates: readonly TCandidate[],
  options: RunOptions,
): TCandidate[] {
  const { only } = options
  return only === undefined ? [...candidates] : candidates.filter(({ name }) => only.includes(name))
}

/** Figures by candidate as `value` and `peers` of a report. */
export function figures(
  byName: ReadonlyMap<string, number>,
  round: (value: number) => number,
): Pick<Report, 'value' | 'peers'> {
  const rounded = [...byName].map(([name, value]) => [name, round(value)] as const)
  return {
    value: rounded.find(([name]) => name === OURS)?.[1],
    peers: Object.fromEntries(rounded.filter(([name]) => name !== OURS)),
  }
}

export function twoDigits(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Math.round(value * 100) / 100
}

/** The last line that a benchmark prints. */
export function jsonLine({ name, value, unit, peers, ratio, goal }: Report): string {
  return JSON.stringify({ name, value: value ?? null, unit, peers, ratio: twoDigits(ratio) ?? null, goal })
}

/** A table that reads well in a terminal and is Markdown as well. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, index) => (index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(columns), rule, ...rows.map(line)].join('\n')
}

export function markdown(benchmark: Benchmark, report: Report): string {
  const ratio = twoDigits(report.ratio)
  const verdict = ratio === undefined ? 'not measured' : `**${ratio}** (goal ≥ ${report.goal})`
  return [
    `## ${report.name}`,
    `${benchmark.title}`,
    table(report.columns, report.rows),
    [`Ratio: ${verdict}.`, `measured ${new Date().toISOString().slice(0, 10)}`, ...report.notes]
      .map((note) => `- ${note}`)
      .join('\n'),
    ['```json', jsonLine(report), '```'].join('\n'),
  ].join('\n\n')
}
