/** Something that the shop accepted: from here on it must not be lost, doubled or left half done. */
export interface Accepted {
  readonly id: string
  /** Of the request. */
  readonly key: string
}

/** All that customers and staff were promised in a drill. */
export interface Promises {
  readonly orders: Accepted[]
  readonly cancellations: Accepted[]
  readonly returns: Accepted[]
  /** Ids of returns, by what support decided. */
  readonly approved: string[]
  readonly refused: string[]
  readonly creditNotes: Accepted[]
  /** Ids of shipments. */
  readonly dispatched: string[]
  readonly delivered: string[]
  /** Receipts and corrections of stock, by the reference or note that was given with them. */
  readonly stockChanges: string[]
}

export function noPromises(): Promises {
  return {
    orders: [],
    cancellations: [],
    returns: [],
    approved: [],
    refused: [],
    creditNotes: [],
    dispatched: [],
    delivered: [],
    stockChanges: [],
  }
}
