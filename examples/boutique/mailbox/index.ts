export { startMailbox } from './start.ts'
export type { Mailbox } from './start.ts'
