import { describe } from 'vitest'
import type { TestApplicationOptions } from './start-test-application.ts'

/** One way in which the same application runs. */
export interface Placement {
  readonly name: 'embedded' | 'wire-forced'
  /** What to pass to `startTestApplication`. */
  readonly options: Pick<TestApplicationOptions, 'wireForced'>
}

const PLACEMENTS: readonly Placement[] = [
  { name: 'embedded', options: {} },
  { name: 'wire-forced', options: { wireForced: true } },
]

/** Runs the same tests in each placement: what works by sharing objects, or by luck, breaks in one of them. */
export function describePlacements(name: string, body: (placement: Placement) => void): void {
  describe.each(PLACEMENTS)(`${name} ($name)`, (placement) => {
    body(placement)
  })
}
