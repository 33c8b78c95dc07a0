export { activityMigrations } from './activity/activity-migrations.ts'
export { findActivities } from './activity/find-activities.ts'
export { activity } from './activity/activity.ts'
export { createActivityRunner } from './activity/create-activity-runner.ts'
export { saga } from './definition/saga.ts'
export { createSagaEngine } from './engine/create-saga-engine.ts'
export { createSagaStore } from './store/postgres-saga-store.ts'
export { findSagas } from './store/find-sagas.ts'
export { createSagaHousekeeping } from './store/saga-housekeeping.ts'
export { sagaMigrations } from './store/saga-migrations.ts'

export type { ActivityOptions } from './activity/activity.ts'
export type { OpenActivity } from './activity/find-activities.ts'
export type {
  ActivityRequest,
  ActivityRunner,
  ActivityRunnerOptions,
  ActivityStart,
  ActivityTuning,
  UnknownOutcome,
} from './activity/runner-types.ts'
export type {
  ActivityCall,
  ActivityDefinition,
  ActivityTransactionContext,
  BoundActivity,
  EffectBounds,
  EffectContext,
  ErrorMakers,
  Intended,
  Publishers,
  Refused,
  RepeatRule,
  Settled,
  SettleContext,
} from './activity/types.ts'
export type {
  ForwardSaga,
  ForwardStepOptions,
  RetryOptions,
  NewSaga,
  SagaClients,
  SagaDefinition,
  SagaOptions,
  SagaState,
  StepDefinition,
  StepOptions,
  UndoableSaga,
  Undoing,
  UndoState,
  Uses,
} from './definition/types.ts'
export type {
  SagaEngine,
  SagaEngineOptions,
  SagaEngineTuning,
  SagaOrigin,
  StartedSaga,
} from './engine/types.ts'
export type { SagaStoreOptions } from './store/postgres-saga-store.ts'
export type { SimulatedSagaStore } from './store/simulated-saga-store.ts'
export type {
  Attempt,
  CancelRule,
  CancelState,
  Refusal,
  SagaCensus,
  SagaCount,
  SagaFilter,
  SagaInstance,
  SagaNote,
  SagaReference,
  SagaStatus,
  SagaStore,
  SaveOptions,
  SaveOutcome,
  StepCall,
  StepRecord,
  StoredCall,
  Undoes,
} from './types.ts'
