/**
 * Named points between two lines at which a test may kill, pause or fail the process. A name is
 * `room.moment`, for example `saga.call-sent`.
 */
export interface FaultPoints {
  /** Whether anything listens; lets a hot path skip building the name. */
  readonly armed: boolean
  reach(point: string): Promise<void> | void
}

/** In production every point is passed at once. */
export const noFaults: FaultPoints = { armed: false, reach: () => undefined }
