import { parseArgs } from 'node:util'
import { ATTACKS } from './attacks.ts'
import { runAttack } from './run-attack.ts'

const USAGE = `npm run attack -- NAME [--control] [--seed N] [--scale N]
npm run attack -- --list

  --control   plants the bug under which this attack must succeed
  --seed N    makes the same choices again (default: a new one, printed)
  --scale N   how much of it, 1 is the full size (default: 1)
  --list      names the attacks, their goals and their planted bugs

Exit code 0: the shop held. 1: the attack succeeded. 70: it could not be carried out.`

const COULD_NOT_RUN = 70

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    control: { type: 'boolean', default: false },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function stop(message: string): never {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(64)
}

async function attack(): Promise<number> {
  const [name = '', ...more] = positionals
  const [seed, scale] = [Number(values.seed ?? Math.floor(Math.random() * 2 ** 32)), Number(values.scale)]
  if (more.length > 0 || !Object.hasOwn(ATTACKS, name))
    stop(`'${positionals.join(' ')}' is no attack: it is ${Object.keys(ATTACKS).join(', ')}`)
  if (!Number.isSafeInteger(seed)) stop(`--seed ${values.seed}: this must be a whole number`)
  if (!(scale > 0)) stop(`--scale ${values.scale}: this must be a number above 0`)
  return (await runAttack({ name, seed, scale, control: values.control })) ? 0 : 1
}

if (values.help) {
  console.log(USAGE)
} else if (values.list) {
  for (const [name, { goal, how, control }] of Object.entries(ATTACKS))
    console.log(`${name}: ${goal}\n  ${how}\n  planted bug: ${control}`)
} else {
  process.exitCode = await attack().catch((failure: unknown) => {
    console.error(failure)
    return COULD_NOT_RUN
  })
}
