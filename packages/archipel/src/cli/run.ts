import { CommanderError } from 'commander'
import { ERROR_KINDS, frameworkError, isArchipelError } from '../errors/index.ts'
import { failureJson, failureText } from './failure.ts'
import type { Io } from './io.ts'
import { createProgram } from './program.ts'

/**
 * Does what a command line asks for, and answers the exit code of the process. Results go to `stdout`, errors to
 * `stderr`; nothing is thrown.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0
  const program = createProgram({ ...io, fail: (code) => void (exitCode = code) })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (thrown) {
    const error = thrown instanceof CommanderError ? errorOfCommander(thrown) : thrown
    if (error === undefined) return 0
    io.stderr.write(argv.includes('--json') ? failureJson(error) : failureText(error))
    return ERROR_KINDS[isArchipelError(error) ? error.kind : 'internal'].exit
  }
}

/** Help and version were printed; everything else is a wrong command line. */
function errorOfCommander({ exitCode, message, code }: CommanderError): Error | undefined {
  if (exitCode === 0) return undefined
  if (code === 'commander.help') return frameworkError('ARC_COMMAND_LINE', 'A command is missing.')
  return frameworkError('ARC_COMMAND_LINE', message.replace(/^error: /, ''))
}
