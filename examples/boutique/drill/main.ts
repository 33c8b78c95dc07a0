import { parseArgs } from 'node:util'
import { runFuzzDrill } from '../fuzz/fuzz-drill.ts'
import { runKillDrill } from './kill-drill.ts'
import { SABOTAGES } from './sabotages.ts'
import { VICTIMS } from './sweep/scene.ts'
import { runSweepDrill } from './sweep/sweep-drill.ts'

const USAGE = `npm run drill -- kill [--kills N] [--orders N] [--trade FILE] [--seed N] [--sabotage NAME] [--list-sabotages]
npm run drill -- sweep [--sample N] [--only TEXT] [--twice] [--victim NAME] [--seed N] [--sabotage NAME]
npm run drill -- fuzz [--requests N] [--seed N]

kill: customers and staff go about their day and a trader's invoices come in, while the processes of the shop die
  --kills N         how many times a process is killed: host, importer, PostgreSQL, card processor in turn (default 5)
  --orders N        how many orders the customers place (default 500)
  --trade FILE      the trade file to import (default: made-up ones, as long as customers order)

sweep: the host dies once at every named moment of an order, on every path that an order can go; at some of them
  PostgreSQL or the card processor dies too, in an attack of its own
  --sample N        only so many of these moments, drawn by the seed
  --only TEXT       only moments with this in their path, subject or point, such as 'undo-' or 'declined'
  --twice           the host that recovers dies too, soon after
  --victim NAME     only this one dies: host, PostgreSQL or processor

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
    trade: { type: 'string' },
    sample: { type: 'string' },
    only: { type: 'string' },
    twice: { type: 'boolean', default: false },
    victim: { type: 'string' },
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
  const { sabotage, sample, only, trade, twice } = values
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : count('seed', values.seed)
  if (sabotage !== undefined && !Object.hasOwn(SABOTAGES, sabotage))
    stop(`--sabotage ${sabotage}: there is no such bug to plant`)
  if (positionals.length !== 1) stop('Say which drill: kill, sweep or fuzz')
  switch (positionals[0]) {
    case 'kill': {
      const [kills, orders] = [count('kills', values.kills), count('orders', values.orders)]
      return () => runKillDrill({ kills, orders, seed, trade, sabotage })
    }
    case 'sweep': {
      const drawn = sample === undefined ? undefined : count('sample', sample)
      const victim = VICTIMS.find((name) => name === values.victim)
      if (values.victim !== undefined && !victim)
        stop(`--victim ${values.victim}: nobody of this name can die`)
      return () => runSweepDrill({ seed, only, sample: drawn, twice, victim, sabotage })
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
