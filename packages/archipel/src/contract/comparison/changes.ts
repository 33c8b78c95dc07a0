/** Who is met by a change: `operation` stands for the operation or event as a whole. */
export type ChangeDirection = 'operation' | 'input' | 'answer' | 'error' | 'event'

/** One difference of two versions of a contract. */
export interface ContractChange {
  /** `operations.getProduct.output.price.currency` */
  readonly path: string
  readonly direction: ChangeDirection
  /** Whether users of the older version go on working with the newer one. */
  readonly compatible: boolean
  readonly change: string
  /** What to do; empty where there is nothing to do. */
  readonly advice: string
}

/** Takes the differences as they are found. */
export interface Changes {
  /** In the order in which they were found. */
  readonly found: readonly ContractChange[]
  /** Users of the older version go on. */
  compatible(path: string, direction: ChangeDirection, change: string): void
  /** Some of them don't: what to do instead goes along. */
  breaking(path: string, direction: ChangeDirection, change: string, advice: string): void
}

export function createChanges(): Changes {
  const found: ContractChange[] = []
  return {
    found,
    compatible(path, direction, change) {
      found.push({ path, direction, compatible: true, change, advice: '' })
    },
    breaking(path, direction, change, advice) {
      found.push({ path, direction, compatible: false, change, advice })
    },
  }
}
