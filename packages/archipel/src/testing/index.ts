export { createVirtualTime } from './virtual-time.ts'

export type { VirtualTime } from './virtual-time.ts'
