import { setTimeout as sleep } from 'node:timers/promises'

/** What is true sooner or later, since an event is on its way. @returns undefined when it did not come about in half a minute. */
export async function untilTrue<TThing>(ask: () => Promise<TThing | undefined>): Promise<TThing | undefined> {
  const giveUpAt = performance.now() + 30_000
  while (performance.now() < giveUpAt) {
    const found = await ask()
    if (found !== undefined) return found
    await sleep(50)
  }
  return undefined
}
