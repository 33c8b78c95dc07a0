import type { Host } from './host.ts'
import { exitCodeOf, failureText } from './failure-text.ts'

type Signal = 'SIGINT' | 'SIGTERM'

/** The part of `process` that running a host needs. */
export interface RunningProcess {
  on(event: Signal, listener: () => void): unknown
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown
  exit(code: number): void
  readonly stderr: { write(text: string): unknown }
}

const EXIT_CODES: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 }

/**
 * Runs a host for a main file: starts it, and ends the process when it has stopped. The first SIGINT or SIGTERM
 * drains and exits with 0; a second one stops at once, with 130 or 143. An error is printed for people, and its
 * kind decides the exit code.
 * What fails after the start stops the host first, so that nothing of it is left running.
 *
 * @param build makes the host; what it throws is printed like an error of the start.
 * @param onReady called once everything runs, to print addresses; it may be async, and what it throws ends the process.
 */
export async function runHost(
  build: () => Promise<Host> | Host,
  onReady?: (host: Host) => unknown,
  running: RunningProcess = process,
): Promise<void> {
  let host: Host | undefined
  let stopping: Signal | undefined

  function fail(error: unknown): void {
    running.stderr.write(failureText(error))
    running.exit(exitCodeOf(error))
  }

  async function stop(signal: Signal): Promise<void> {
    if (stopping !== undefined) {
      host?.hurry()
      if (host === undefined) running.exit(EXIT_CODES[signal])
      return
    }
    stopping = signal
    await host?.stop()
    if (host !== undefined) running.exit(hurried ? EXIT_CODES[signal] : 0)
  }

  let hurried = false
  let ran = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    running.on(signal, () => {
      hurried ||= stopping !== undefined
      stop(signal).catch(fail)
    })
  }
  // A state that nobody foresaw: what is durable is recovered by the next start, what is in memory can't be trusted.
  running.on('uncaughtException', fail)

  try {
    host = await build()
    if (stopping !== undefined) return running.exit(0)
    await host.start()
    ran = true
    if (stopping === undefined) await onReady?.(host)
  } catch (error) {
    // It ran and was told to stop meanwhile: that says how the process ends.
    if (ran && stopping !== undefined) return
    if (ran) await host?.stop()
    fail(error)
  }
}
