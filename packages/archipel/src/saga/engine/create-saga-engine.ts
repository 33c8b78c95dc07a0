import { asError, frameworkError, type JsonValue } from '../../errors/index.ts'
import type { SagaDefinition } from '../definition/types.ts'
import { jsonCopy } from '../json-copy.ts'
import { begin } from '../machine/begin.ts'
import type { SagaInstance } from '../types.ts'
import { drive } from './drive.ts'
import { createOperator } from './operator.ts'
import { createParts, definitionOf, keyOf, MOST_HELD, type EngineParts, type Run } from './parts.ts'
import { createSweeper } from './sweep.ts'
import type { SagaEngine, SagaEngineOptions, SagaOrigin, StartedSaga } from './types.ts'
import { createWatch } from './watch.ts'

/**
 * Runs the sagas of one service in this process. Any number of processes may do so on the same tables: a saga has
 * one owner at a time, by a lease, and each write names the owner's number.
 *
 * @throws ARC_APPLICATION_INVALID for two definitions of one name and version
 */
export function createSagaEngine(options: SagaEngineOptions): SagaEngine {
  refuseDoubles(options.definitions)
  let idle: (() => void)[] = []
  let draining = false
  const parts: EngineParts = createParts(options, {
    handedBack: (untilMs) => sweeper.at(untilMs),
    ended() {
      if (parts.runs.size > 0) return
      for (const wake of idle) wake()
      idle = []
    },
  })
  const take = (saga: SagaInstance) => void takeUp(parts, saga)
  const sweeper = createSweeper(parts, take)
  const watch = createWatch(parts)
  const whenIdle = () =>
    new Promise<void>((resolve) => (parts.runs.size === 0 ? resolve() : void idle.push(resolve)))

  async function drain(graceMs = 5_000): Promise<void> {
    draining = true
    sweeper.stop()
    watch.stop()
    for (const run of parts.runs.values()) run.stop.abort()
    const cut = parts.environment.timers.after(graceMs, () => parts.runs.forEach((run) => run.cut.abort()))
    // A database that doesn't answer must not hold up the end of the process.
    await Promise.race([whenIdle(), parts.environment.timers.sleep(graceMs + 1_000)])
    cut.cancel()
    sweeper.close()
  }

  return {
    ...createOperator(parts, take),
    start: (saga, id, input, origin) => start(parts, draining, saga, id, input, origin),
    requestCancel: (saga, id, reason) =>
      parts.store.requestCancel(saga, id, reason === undefined ? undefined : { why: reason }),
    adopt(saga) {
      if (draining || parts.runs.has(keyOf(saga)) || parts.runs.size >= MOST_HELD) return
      sweeper.keep()
      take(saga)
    },
    run() {
      if (draining) return
      sweeper.start()
      watch.start()
    },
    drain,
    close: () => drain(0),
    idle: whenIdle,
    get census() {
      return watch.latest
    },
  }
}

/** Goes on with a saga that this instance owns; one that still runs here under an older fence ends first. */
async function takeUp(parts: EngineParts, saga: SagaInstance): Promise<void> {
  const key = keyOf(saga)
  const definition = definitionOf(parts.definitions, saga)
  if (!definition) return
  const former = parts.runs.get(key)
  const run: Run = {
    saga,
    definition,
    stop: new AbortController(),
    cut: new AbortController(),
    wake: undefined,
    over: Promise.resolve(),
  }
  former?.cut.abort()
  former?.stop.abort()
  parts.runs.set(key, run)
  run.over = (former?.over ?? Promise.resolve())
    .then(() => drive(parts, run))
    .catch((error: unknown) => {
      // Its lease ends, and whoever takes it then goes on with what is stored.
      parts.telemetry.log.error('going on with a saga failed', {
        saga: saga.saga,
        sagaId: saga.id,
        error: asError(error),
      })
    })
    .finally(() => {
      if (parts.runs.get(key) === run) parts.runs.delete(key)
      parts.ended()
    })
  await run.over
}

function start(
  parts: EngineParts,
  draining: boolean,
  name: string,
  id: string,
  input: unknown,
  origin: SagaOrigin,
): StartedSaga {
  const definition = newestOf(parts.definitions, name)
  if (!definition)
    throw frameworkError('ARC_APPLICATION_INVALID', `service ${parts.service} has no saga '${name}'`)
  const instance = begin(
    definition,
    { ...origin, service: parts.service, id, input: parsed(definition, input) },
    parts.environment.clock.now(),
  )
  const mine = !draining && parts.runs.size < MOST_HELD
  return { instance, statement: parts.store.start(instance, mine ? parts.instance : undefined) }
}

function newestOf(definitions: readonly SagaDefinition[], name: string): SagaDefinition | undefined {
  return definitions
    .filter((definition) => definition.name === name)
    .toSorted((a, b) => b.version - a.version)[0]
}

function parsed({ name, input: schema }: SagaDefinition, input: unknown): JsonValue {
  const result = schema['~standard'].validate(input)
  if (result instanceof Promise)
    throw frameworkError('ARC_APPLICATION_INVALID', `saga ${name}: its input schema validates asynchronously`)
  if (result.issues) {
    const issues = result.issues.map(({ path = [], message }) => ({
      path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
      message,
    }))
    throw frameworkError('ARC_INPUT_INVALID', `the input of saga ${name} does not fit`, {
      details: { issues },
    })
  }
  return jsonCopy(result.value, `the input of saga ${name}`)
}

function refuseDoubles(definitions: readonly SagaDefinition[]): void {
  const seen = new Set<string>()
  for (const { name, version } of definitions) {
    const key = `${name} ${version}`
    if (seen.has(key))
      throw frameworkError(
        'ARC_APPLICATION_INVALID',
        `saga ${name} is registered twice in version ${version}`,
      )
    seen.add(key)
  }
}
