export { application } from './application.ts'
export { runApplication, startApplication } from './start-application.ts'

export type { Application, ApplicationOptions } from './application.ts'
export type { Seams } from './assemble.ts'
export type { ClientOptions } from './clients.ts'
export type { Place, RunningApplication, StartOptions } from './running.ts'
