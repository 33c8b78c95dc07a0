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

export type { OpenActivity } from './activity/find-activities.ts'
export type { ActivityRequest, ActivityRunner, ActivityStart } from './activity/runner-types.ts'
export type {
  ActivityCall,
  ActivityDefinition,
  BoundActivity,
  EffectBounds,
  Refused,
  TransactionOwner,
} from './activity/types.ts'
export type { SagaDefinition, Uses } from './definition/types.ts'
export type { SagaEngine } from './engine/types.ts'
export type { Attempt, Refusal, SagaInstance, SagaReference } from './types.ts'
