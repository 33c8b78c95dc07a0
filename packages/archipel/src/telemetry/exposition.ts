/** One line of the Prometheus text format. */
export interface Sample {
  readonly suffix?: string
  readonly labels: readonly string[]
  /** The `le` of a bucket. */
  readonly bound?: string
  readonly value: number
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function line(name: string, labelNames: readonly string[], sample: Sample): string {
  const labels = labelNames.map(
    (label, index) => `${label}="${escaped(sample.labels[index] ?? '').replaceAll('"', '\\"')}"`,
  )
  if (sample.bound !== undefined) labels.push(`le="${sample.bound}"`)
  const value = Number.isFinite(sample.value)
    ? String(sample.value)
    : Number.isNaN(sample.value)
      ? 'NaN'
      : sample.value > 0
        ? '+Inf'
        : '-Inf'
  return `${name}${sample.suffix ?? ''}${labels.length > 0 ? `{${labels.join(',')}}` : ''} ${value}\n`
}

/** One metric in the Prometheus text format 0.0.4. */
export function metricText(
  name: string,
  metric: { type: string; help: string; labels: readonly string[] },
  samples: readonly Sample[],
): string {
  const head = `# HELP ${name} ${escaped(metric.help)}\n# TYPE ${name} ${metric.type}\n`
  return head + samples.map((sample) => line(name, metric.labels, sample)).join('')
}
