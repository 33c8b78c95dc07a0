import { createCells, type Cells } from './cells.ts'
import { metricText, type Sample } from './exposition.ts'
import { processMetrics } from './process-metrics.ts'
import type { Telemetry } from './types.ts'

/** Bounds in seconds: from half a millisecond to a minute. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

interface Metric {
  readonly type: 'counter' | 'histogram' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
  samples(): Promise<Sample[]>
}

type GaugeRead = Parameters<Telemetry['gauge']>[3]

export type Metrics = Pick<Telemetry, 'counter' | 'histogram' | 'gauge' | 'exposition'>

interface Distribution {
  readonly counts: Float64Array
  sum: number
}

function bucketOf(value: number): number {
  let index = 0
  while (index < BOUNDS.length && value > (BOUNDS[index] ?? Infinity)) index++
  return index
}

function put(cell: Distribution, value: number): void {
  const index = bucketOf(value)
  cell.counts[index] = (cell.counts[index] ?? 0) + 1
  cell.sum += value
}

function distributionSamples(labels: readonly string[], { counts, sum }: Distribution): Sample[] {
  let total = 0
  const samples: Sample[] = BOUNDS.map((bound, index) => {
    total += counts[index] ?? 0
    return { suffix: '_bucket', labels, bound: String(bound), value: total }
  })
  total += counts[BOUNDS.length] ?? 0
  return [
    ...samples,
    { suffix: '_bucket', labels, bound: '+Inf', value: total },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: total },
  ]
}

/** Metrics in plain memory: a record is a look-up and an addition. Each registry stands alone, nothing is global. */
export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>()
  const counters = new Map<string, Cells<{ value: number }>>()
  const histograms = new Map<string, Cells<Distribution>>()
  const gauges = new Map<string, GaugeRead[]>()
  const ofProcess = processMetrics()

  function register(name: string, metric: Metric): void {
    const before = metrics.get(name)
    if (
      before !== undefined &&
      (before.type !== metric.type || before.labels.join() !== metric.labels.join())
    ) {
      throw new Error(
        `the metric '${name}' exists with another type or other labels: give one of the two another name`,
      )
    }
    if (before === undefined) metrics.set(name, metric)
  }

  return {
    counter(name, help, labels = []) {
      const cells = counters.get(name) ?? createCells(labels.length, () => ({ value: 0 }))
      const samples = async () =>
        Array.from(cells.entries(), (entry) => ({ labels: entry.labels, value: entry.cell.value }))
      register(name, { type: 'counter', help, labels, samples })
      counters.set(name, cells)
      return {
        add: (amount, ...values) => void (cells.at(values).value += amount),
        of(...values) {
          const cell = cells.at(values)
          return { add: (amount) => void (cell.value += amount) }
        },
      }
    },

    histogram(name, help, labels = []) {
      const cells =
        histograms.get(name) ??
        createCells(labels.length, () => ({ counts: new Float64Array(BOUNDS.length + 1), sum: 0 }))
      const samples = async () =>
        Array.from(cells.entries()).flatMap((entry) => distributionSamples(entry.labels, entry.cell))
      register(name, { type: 'histogram', help, labels, samples })
      histograms.set(name, cells)
      return {
        record: (value, ...values) => put(cells.at(values), value),
        of(...values) {
          const cell = cells.at(values)
          return { record: (value) => put(cell, value) }
        },
      }
    },

    gauge(name, help, labels, read) {
      const reads = gauges.get(name) ?? []
      const samples = async () => (await Promise.all(reads.map(async (one) => [...(await one())]))).flat()
      register(name, { type: 'gauge', help, labels, samples })
      reads.push(read)
      gauges.set(name, reads)
    },

    async exposition() {
      const own = await Promise.all(
        Array.from(metrics, async ([name, metric]) => metricText(name, metric, await metric.samples())),
      )
      return `${own.join('')}${await ofProcess()}`
    },
  }
}
