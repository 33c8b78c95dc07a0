import type { Effect } from '../errors/index.ts'
import { isKeyKnown } from '../storage/index.ts'
import { admitCommand, reach, type CommandCall, type CommandImplementation } from './command-call.ts'
import { claimError } from './command-scope.ts'
import { runTransaction } from './command-transaction.ts'
import { isLostRace } from './lost-race.ts'
import { observe } from './observed.ts'
import { errorOfFramework, type OperationParts } from './operation-parts.ts'
import type { Outcome } from './outcome.ts'
import { prepared } from './prepare.ts'
import type { CallExecutor } from './query.ts'

/** A transaction that lost against another one is run again so often, at most. */
const RUNS = 5

/** Runs a command: access, input, what is to be prepared, then everything else in one transaction (guarantees, 1). */
export function createCommandExecutor(
  parts: OperationParts,
  implementation: CommandImplementation,
): CallExecutor {
  return async (request, bounds) => {
    const observation = observe(parts, request)
    let effect: Effect = 'none'
    try {
      const call = admitCommand(parts, request, bounds, observation.span.traceparent)
      const outcome = await settled(call, implementation)
      effect = 'unknown'
      await reach(parts, 'command.answered')
      if ('refusal' in outcome) throw outcome.refusal
      observation.succeeded()
      return outcome.answer
    } catch (error) {
      const failure = errorOfFramework(parts, error, request.metadata, effect)
      observation.failed(failure)
      throw failure
    }
  }
}

/** Runs it until it has an outcome: again, when it lost against another one. */
export async function settled(call: CommandCall, implementation: CommandImplementation): Promise<Outcome> {
  for (let run = 1; ; run++) {
    try {
      return await runOnce(run === 1 ? call : afresh(call), implementation)
    } catch (error) {
      if (!isLostRace(error)) throw error
      if (run === RUNS) throw isKeyKnown(error) ? claimError('in-progress', call.parts.path) : error
      await pause(call, run)
    }
  }
}

async function runOnce(call: CommandCall, implementation: CommandImplementation): Promise<Outcome> {
  const before = await prepared(call, implementation)
  return 'known' in before ? before.known : runTransaction(call, implementation, before)
}

/** The former run's handler may have changed its copy of the input. */
function afresh(call: CommandCall): CommandCall {
  return { ...call, input: call.parts.input(call.request.input) }
}

async function pause({ parts, bounds }: CommandCall, run: number): Promise<void> {
  const { timers, randomness } = parts.service.runtime.environment
  await timers.sleep(randomness.next() * 10 * 2 ** run, bounds.signal)
}
