import { text } from 'node:stream/consumers'
import { run } from './run.ts'

/** The `archipel` command in a process of its own: what `bin/archipel.mjs` calls. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const code = await run(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    standardInput: () => text(process.stdin),
    variables: process.env,
    workingFolder: process.cwd(),
  })
  if (code !== 0) process.exitCode = code
}
