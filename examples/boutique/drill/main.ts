import { parseArgs } from 'node:util'
import { runFuzzDrill } from '../fuzz/fuzz-drill.ts'
import { runKillDrill } from './kill-drill.ts'
import { SABOTAGES } from './sabotages.ts'
import { runSweepDrill } from './sweep/sweep-drill.ts'

const USAGE = `npm run drill -- kill [--kills N] [--orders N] [--seed N] [--sabotage NAME] [--list-sabotages]
npm run drill -- sweep [--sample N] [--only TEXT] [--twice] [--seed N] [--sabotage NAME]
npm run drill -- fuzz [--requests N] [--seed N]

kill: customers order while host and PostgreSQL die at random moments
  --kills N         how many times a process is killed, host and PostgreSQL in turn (default 5)
  --orders N        how many orders the customers place (default 500)

sweep: the host dies once at every named moment of an order, on every path that an order can go
  --sample N        only so many of these moments, drawn by the seed
  --only TEXT       only moments with this in their path, subject or point, such as 'undo-' or 'declined'
  --twice           the host that recovers dies too, soon after

fuzz: every operation of the OpenAPI document, with input that fits and input that nearly does
  --requests N      how many requests (default 20000)

all:
  --seed N          makes the same choices again (default: a new one, printed)
  --sabotage NAME   plants a bug, which the comparison of the books must find
  --list-sabotages  names the bugs that can be planted`

/** Apart from 1, which says that the books disagree. */
const COULD_NOT_RUN = 70

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '5' },
    orders: { type: 'string', default: '500' },
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    sabotage: { type: 'string' },
    sample: { type: 'string' },
    only: { type: 'string' },
    twice: { type: 'boolean', default: false },
    'list-sabotages': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function count(name: 'kills' | 'orders' | 'requests' | 'seed' | 'sample', text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0)
    stop(`--${name} ${text}: this must be a whole number of at least 0`)
  return number
}

function stop(message: string): never {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(64)
}

function chosenDrill(): () => Promise<boolean> {
  const { sabotage, sample, only, twice } = values
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : count('seed', values.seed)
  if (sabotage !== undefined && !Object.hasOwn(SABOTAGES, sabotage))
    stop(`--sabotage ${sabotage}: there is no such bug to plant`)
  if (positionals.length !== 1) stop('Say which drill: kill, sweep or fuzz')
  switch (positionals[0]) {
    case 'kill': {
      const [kills, orders] = [count('kills', values.kills), count('orders', values.orders)]
      return () => runKillDrill({ kills, orders, seed, sabotage })
    }
    case 'sweep': {
      const drawn = sample === undefined ? undefined : count('sample', sample)
      return () => runSweepDrill({ seed, only, sample: drawn, twice, sabotage })
    }
    case 'fuzz': {
      const requests = count('requests', values.requests)
      return () => runFuzzDrill({ requests, seed })
    }
    default:
      return stop(`There is no drill '${positionals[0]}': it is kill, sweep or fuzz`)
  }
}

if (values['list-sabotages']) {
  console.log(Object.keys(SABOTAGES).join('\n'))
} else if (values.help) {
  console.log(USAGE)
} else {
  process.exitCode = await chosenDrill()().then(
    (agrees) => (agrees ? 0 : 1),
    (failure: unknown) => {
      console.error(failure)
      return COULD_NOT_RUN
    },
  )
}
