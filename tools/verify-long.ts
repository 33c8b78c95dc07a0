import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The full sizes of what `npm test` and the CI script run small. Takes about half an hour on two cores. */
const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31))

interface Stage {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A planted bug must be found: the run has to fail. */
  readonly mustFail?: boolean
}

const drill = 'examples/boutique/drill/main.ts'
const vitest = ['node_modules/vitest/vitest.mjs', 'run']
const sabotages = ['publish-after-commit', 'acknowledge-before-commit', 'no-inbox']

const stages: readonly Stage[] = [
  {
    name: 'order of commits, 20,000 events',
    args: [...vitest, 'packages/archipel/src/messaging/order-of-commits'],
    env: { ARCHIPEL_TEST_EVENTS: '20000' },
  },
  {
    name: 'kill drill, 20 kills, 2,000 orders',
    args: [drill, 'kill', '--kills', '20', '--orders', '2000', '--seed', String(seed)],
  },
  { name: 'crash sweep, every point', args: [drill, 'sweep', '--seed', String(seed)] },
  ...sabotages.flatMap((sabotage) =>
    [1, 2, 3, 4, 5].map((nth): Stage => ({
      name: `${sabotage}, seed ${seed + nth}`,
      args: [
        drill,
        'kill',
        '--kills',
        '3',
        '--orders',
        '120',
        '--seed',
        String(seed + nth),
        '--sabotage',
        sabotage,
      ],
      mustFail: true,
    })),
  ),
  ...[1, 2, 3, 4, 5].map((nth): Stage => ({
    name: `no planted bug, seed ${seed + nth}`,
    args: [drill, 'kill', '--kills', '3', '--orders', '120', '--seed', String(seed + nth)],
  })),
]

async function run({ name, args, env, mustFail = false }: Stage): Promise<boolean> {
  console.log(`\n── ${name}`)
  const began = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const [code] = await once(child, 'exit')
  const good = mustFail ? code === 1 : code === 0
  console.log(`${good ? 'ok' : 'FAILED'}  ${((performance.now() - began) / 1000).toFixed(0)} s  ${name}`)
  return good
}

console.log(`seed ${seed}`)
const began = performance.now()
const failed: string[] = []
for (const stage of stages) if (!(await run(stage))) failed.push(stage.name)
console.log(
  `\n${stages.length - failed.length} passed, ${failed.length} failed · seed ${seed} · ${((performance.now() - began) / 60_000).toFixed(1)} min`,
)
for (const name of failed) console.log(`  failed: ${name}`)
process.exitCode = failed.length === 0 ? 0 : 1
