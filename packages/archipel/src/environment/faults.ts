/**
 * Named points between two lines at which a test may kill, pause or fail the process. A name is
 * `room.moment`, for example `command.claimed`.
 */
export interface FaultPoints {
  /** Whether anything listens; lets a hot path skip building the name. */
  readonly armed: boolean
  /** @param subject whose moment it is where the name doesn't say: an operation or a subscription, such as `orders.placeOrder`. */
  reach(point: string, subject?: string): Promise<void> | void
}

/** In production every point is passed at once. */
export const noFaults: FaultPoints = { armed: false, reach: () => undefined }
