import type { Command } from 'commander'
import { join } from 'node:path'
import { ERROR_KINDS } from '../../errors/index.ts'
import { openDoor, print, type Cli } from '../session.ts'
import { plain } from '../show/plain.ts'
import type { Finding } from '../doctor/checks.ts'

const STATE_WIDTH = 'warning'.length + 2

/** `archipel doctor` */
export function doctorCommand(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('what is wrong with this set-up, each with what to do; a fault ends with an error')
    .action(async (_options, command: Command) => {
      const findings = await examine(cli, command)
      const faults = findings.filter(({ state }) => state === 'fault').length
      const result = { faults, findings: findings.map((finding) => ({ ...finding })) }
      print(cli, command, result, () => report(findings) + verdict(faults))
      if (faults > 0) cli.fail(ERROR_KINDS.invalid.exit)
    })
}

/** One line for each, and below it what to do. */
function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ state, check, found, advice }) => [
    `${state.padEnd(STATE_WIDTH)}${check.padEnd(width)}  ${plain(found)}`,
    ...(advice === undefined ? [] : [`${' '.repeat(STATE_WIDTH)}→ ${advice}`]),
  ])
  return `${lines.join('\n')}\n\n`
}

function verdict(faults: number): string {
  if (faults === 0) return 'Nothing is wrong.\n'
  return faults === 1 ? 'One fault.\n' : `${faults} faults.\n`
}

async function examine(cli: Cli, command: Command): Promise<Finding[]> {
  const [machine, running, { dataFolderOf }] = await Promise.all([
    import('../doctor/machine.ts'),
    import('../doctor/running.ts'),
    import('../door/address.ts'),
  ])
  const folder = dataFolderOf(command.optsWithGlobals(), cli)
  const alive = await openDoor(cli, command)
    .then(running.checkRunning)
    .catch((error: unknown) => error)
  const found = Array.isArray(alive) ? alive : [...running.checkDoor(alive), ...(await atRest(cli, folder))]
  return [
    machine.checkNode(),
    machine.checkClock(Date.now()),
    await machine.checkFolder(folder),
    ...(await machine.checkSecrets([join(folder, 'operations-token'), join(folder, 'secret')])),
    await machine.checkDisk(folder),
    ...found,
  ]
}

/** What only matters before a start. */
async function atRest(cli: Cli, folder: string): Promise<Finding[]> {
  const [{ checkSettings }, { checkLeftovers }] = await Promise.all([
    import('../doctor/settings.ts'),
    import('../doctor/running.ts'),
  ])
  return [...(await checkLeftovers(folder)), ...(await checkSettings(cli.variables, folder))]
}
