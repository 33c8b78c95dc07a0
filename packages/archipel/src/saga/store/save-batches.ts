import type { SaveOptions, SaveOutcome, SagaInstance } from '../types.ts'

export interface Save {
  readonly saga: SagaInstance
  readonly owner: string
  readonly options: SaveOptions
}

interface Waiting {
  readonly save: Save
  readonly resolve: (outcome: SaveOutcome) => void
  readonly reject: (error: unknown) => void
}

const MOST_AT_ONCE = 200
const WRITES_IN_FLIGHT = 2

/**
 * Puts transitions that come while others are being written into one statement: under load many sagas share one
 * commit, and one alone waits for nobody.
 */
export function createSaveBatches(
  write: (owner: string, saves: readonly Save[]) => Promise<readonly SaveOutcome[]>,
): (save: Save) => Promise<SaveOutcome> {
  let queue: Waiting[] = []
  let inFlight = 0

  async function flush(): Promise<void> {
    const owner = queue[0]?.save.owner
    if (owner === undefined || inFlight >= WRITES_IN_FLIGHT) return
    const batch = queue.filter(({ save }) => save.owner === owner).slice(0, MOST_AT_ONCE)
    queue = queue.filter((waiting) => !batch.includes(waiting))
    inFlight++
    try {
      const outcomes = await write(
        owner,
        batch.map(({ save }) => save),
      )
      batch.forEach(({ resolve }, index) => resolve(outcomes[index] ?? 'lost'))
    } catch (error) {
      batch.forEach(({ reject }) => reject(error))
    } finally {
      inFlight--
      void flush()
    }
  }

  return (save) =>
    new Promise((resolve, reject) => {
      queue.push({ save, resolve, reject })
      // Whatever else becomes ready in this turn goes along.
      queueMicrotask(() => void flush())
    })
}
