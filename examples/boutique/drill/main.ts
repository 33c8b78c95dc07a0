import { parseArgs } from 'node:util'
import { runKillDrill } from './kill-drill.ts'
import { SABOTAGES } from './sabotages.ts'

const USAGE = `npm run drill -- kill [--kills N] [--orders N] [--seed N] [--sabotage NAME] [--list-sabotages]

  --kills N         how many times a process is killed, host and PostgreSQL in turn (default 5)
  --orders N        how many orders the customers place (default 500)
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
    seed: { type: 'string' },
    sabotage: { type: 'string' },
    'list-sabotages': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function count(name: 'kills' | 'orders' | 'seed', text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) stop(`--${name} ${text}: this must be a whole number of at least 0`)
  return number
}

function stop(message: string): never {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(64)
}

if (values['list-sabotages']) {
  console.log(Object.keys(SABOTAGES).join('\n'))
} else if (values.help || positionals[0] !== 'kill' || positionals.length !== 1) {
  if (values.help) console.log(USAGE)
  else stop('Say which drill: kill')
} else {
  const { sabotage } = values
  if (sabotage !== undefined && !Object.hasOwn(SABOTAGES, sabotage)) stop(`--sabotage ${sabotage}: there is no such bug to plant`)
  process.exitCode = await runKillDrill({
    kills: count('kills', values.kills),
    orders: count('orders', values.orders),
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : count('seed', values.seed),
    sabotage,
  }).then(
    (agrees) => (agrees ? 0 : 1),
    (failure: unknown) => {
      console.error(failure)
      return COULD_NOT_RUN
    },
  )
}
