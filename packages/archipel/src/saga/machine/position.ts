import type { SagaDefinition, StepDefinition } from '../definition/types.ts'
import type { Attempt, CancelRule, SagaInstance, StepRecord } from '../types.ts'

/** Where a saga stands: which call it is about, stored or still to be made. */
export type Position =
  | { readonly at: 'run'; readonly step: StepDefinition; readonly record: StepRecord | undefined }
  | { readonly at: 'undo'; readonly step: StepDefinition; readonly record: StepRecord }
  | { readonly at: 'completed' }
  | { readonly at: 'compensated' }

/** A position that is about a call. */
export type CallPosition = Extract<Position, { readonly at: 'run' | 'undo' }>

export function positionOf(definition: SagaDefinition, saga: SagaInstance): Position {
  switch (saga.direction) {
    case 'forward':
      return forwardPosition(definition, saga)
    case 'backward':
      return backwardPosition(definition, saga)
  }
}

function forwardPosition(definition: SagaDefinition, saga: SagaInstance): Position {
  const step = definition.steps.find(({ name }) => latestOutcome(recordOf(saga, name)) !== 'done')
  return step ? { at: 'run', step, record: recordOf(saga, step.name) } : { at: 'completed' }
}

function backwardPosition(definition: SagaDefinition, saga: SagaInstance): Position {
  for (const record of saga.steps.toReversed()) {
    const step = definition.steps.find(({ name }) => name === record.step)
    if (step && needsUndo(step, record)) return { at: 'undo', step, record }
  }
  const last = definition.closing
  if (!last) return { at: 'compensated' }
  const record = recordOf(saga, last.name)
  return latestOutcome(record) === 'done' ? { at: 'compensated' } : { at: 'run', step: last, record }
}

/** An attempt whose outcome isn't known counts as done; one that was refused left nothing behind. */
function needsUndo(step: StepDefinition, record: StepRecord): boolean {
  return (
    step.undo !== undefined &&
    record.undone !== true &&
    record.attempts.some(({ outcome }) => outcome !== 'refused')
  )
}

function recordOf(saga: SagaInstance, step: string): StepRecord | undefined {
  return saga.steps.find((record) => record.step === step)
}

function latestOutcome(record: StepRecord | undefined): Attempt['outcome'] | undefined {
  return record?.attempts.at(-1)?.outcome
}

/** The call that is on its way or to be repeated, if there is one. */
export function presentAttempt(position: Position): Attempt | undefined {
  const attempt = latestAttempt(position)
  return attempt?.outcome === 'sent' ? attempt : undefined
}

function latestAttempt(position: Position): Attempt | undefined {
  switch (position.at) {
    case 'run':
      return position.record?.attempts.at(-1)
    case 'undo':
      return position.record.undo?.at(-1)
    case 'completed':
    case 'compensated':
      return undefined
  }
}

/** `none`: not begun, or known refused; `sent`: it may have been done. */
function pivotState(definition: SagaDefinition, saga: SagaInstance): 'none' | 'sent' | 'done' {
  const pivot = definition.steps.find((step) => step.pivot)
  const outcome = pivot && latestOutcome(recordOf(saga, pivot.name))
  return outcome === 'sent' || outcome === 'done' ? outcome : 'none'
}

/** Whether a saga that goes forward may still turn back. */
export function canTurnBack(definition: SagaDefinition, saga: SagaInstance): boolean {
  return saga.direction === 'forward' && pivotState(definition, saga) === 'none' && !hasEnded(saga)
}

export function hasEnded(saga: SagaInstance): boolean {
  return saga.status === 'completed' || saga.status === 'compensated' || saga.status === 'abandoned'
}

/** What the write of this state does about an open request to cancel. */
export function cancelRule(definition: SagaDefinition, saga: SagaInstance): CancelRule {
  if (saga.status === 'completed' || saga.status === 'abandoned') return 'too-late'
  if (saga.direction === 'backward') return 'taken'
  if (saga.status === 'stuck') return 'keep'
  switch (pivotState(definition, saga)) {
    case 'none':
      return 'refuse'
    case 'sent':
      // The write that starts the pivot is the last one that hears a request; later ones wait for its outcome.
      return saga.tries === 0 ? 'refuse' : 'keep'
    case 'done':
      return 'too-late'
  }
}
