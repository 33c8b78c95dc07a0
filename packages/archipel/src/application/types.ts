import type { GatewayDefinition } from '../gateway/index.ts'
import type { AnyService } from '../service/index.ts'

/** A set of services and the door in front of them, as data: nothing runs yet. */
export interface Application {
  readonly name: string
  readonly services: readonly AnyService[]
  /** Without it nothing is reachable from outside. */
  readonly gateway: GatewayDefinition | undefined
}
