import { startCandidate, type Candidate } from '../harness/candidate.ts'
import { SERVER_CORE, versionOf } from '../harness/machine.ts'
import { figures, OURS, wanted, type Benchmark, type Report, type RunOptions } from '../harness/report.ts'
import { alternate, median, spread } from '../harness/rounds.ts'
import { expectedSum, type Timing } from './caller.ts'

const MOLECULER = 'Moleculer'
const CANDIDATES = [
  { name: OURS, file: 'ours.ts', validates: 'input and output (Zod)' },
  { name: MOLECULER, file: 'moleculer.ts', validates: 'input' },
  {
    name: 'Moleculer without validation',
    file: 'moleculer.ts',
    validates: '–',
    env: { BENCH_VALIDATION: 'off' },
  },
  { name: 'Nest CommandBus', file: 'nest.ts', validates: '–' },
  { name: 'plain async function', file: 'plain.ts', validates: '–' },
]

export const benchmark: Benchmark = {
  name: 'call-local',
  title: 'A typed call in one host: small object, one call after the other.',
  run,
}

async function run(options: RunOptions): Promise<Report> {
  const chosen = wanted(CANDIDATES, options)
  const candidates: Candidate[] = []
  try {
    for (const { name, file, env = {} } of chosen) {
      candidates.push(
        await startCandidate({ name, module: new URL(file, import.meta.url), env, core: SERVER_CORE }),
      )
    }
    const calls = options.quick ? 100_000 : 1_000_000
    // The first calls teach the engine what to compile; they are no figure.
    await alternate(candidates, 2, (candidate) => timed(candidate, calls / 4))
    const rounds = options.quick ? 3 : 7
    return report(chosen, await alternate(candidates, rounds, (candidate) => timed(candidate, calls)), {
      rounds,
      calls,
    })
  } finally {
    for (const candidate of candidates) await candidate.stop()
  }
}

async function timed(candidate: Candidate, calls: number): Promise<number> {
  const { nanoseconds, sum } = await candidate.ask<Timing>('calls', calls)
  if (sum !== expectedSum(calls))
    throw new Error(`${candidate.name} answered totals of ${sum}, not ${expectedSum(calls)}`)
  return nanoseconds / calls
}

function report(
  chosen: readonly (typeof CANDIDATES)[number][],
  results: ReadonlyMap<Candidate, readonly number[]>,
  { rounds, calls }: { rounds: number; calls: number },
): Report {
  const byName = new Map([...results].map(([{ name }, nanoseconds]) => [name, median(nanoseconds)]))
  const ours = byName.get(OURS)
  const moleculer = byName.get(MOLECULER)
  return {
    name: benchmark.name,
    unit: 'ns/call',
    ...figures(byName, Math.round),
    ratio: ours === undefined || moleculer === undefined ? undefined : moleculer / ours,
    goal: 1,
    columns: ['candidate', 'ns per call', 'from – to', 'validates'],
    rows: [...results].map(([{ name }, nanoseconds], index) => [
      name,
      median(nanoseconds).toFixed(0),
      spread(nanoseconds),
      chosen[index]?.validates ?? '',
    ]),
    notes: [
      `median of ${rounds} rounds of ${calls.toLocaleString('en')} calls, each candidate in a process of its own on one core`,
      'checked: the sum of all answers',
      [versionOf('moleculer'), versionOf('@nestjs/cqrs'), versionOf('zod')].join(', '),
    ],
  }
}
