/** One thing that a contract promises and can't keep. */
export interface ContractFault {
  /** `operations.addProduct.input.addedAt` */
  readonly path: string
  readonly message: string
  /** What to write instead. */
  readonly advice: string
}

/** Takes down a fault. */
export type ReportFault = (path: string, message: string, advice: string) => void
