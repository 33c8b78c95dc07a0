import type { CommandContext, EventContext, PageContext, PrepareContext } from 'archipel'
import { catalogue } from '../catalogue/contract.ts'
import { users } from '../users/contract.ts'
import { recallOrder } from './cancellation/recall-order.ts'
import type { orders } from './contract.ts'
import { fulfilOrderV1 } from './fulfil-order-v1.ts'
import { fulfilOrder } from './fulfil-order.ts'
import { processReturn } from './returns/process-return.ts'
import { shipOrder } from './ship-order.ts'

/** What the service reads from others. */
export const uses = { catalogue, users }
export const sagas = [fulfilOrder, fulfilOrderV1, shipOrder, recallOrder, processReturn] as const

type Operations = (typeof orders)['operations']

/** What the command of this name sees. */
export type Command<TName extends keyof Operations> = CommandContext<
  typeof orders,
  Operations[TName],
  typeof uses,
  typeof sagas
>
/** What comes before it. */
export type Prepare<TName extends keyof Operations> = PrepareContext<Operations[TName], typeof uses>
/** What handlers of events see. */
export type Handling = EventContext<typeof orders, typeof uses, typeof sagas>
/** What handlers of many events at once see. */
export type HandlingPage = PageContext<typeof orders, typeof uses, typeof sagas>
