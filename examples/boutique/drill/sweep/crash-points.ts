import type { FaultPoints } from 'archipel'
import { Command, type Passing } from './passing.ts'

/** At these something has just been sent and not been answered: the kill may come a little later, in the middle of it. */
const IN_FLIGHT = /sent$/

/**
 * Crash points of a host that kills itself by SIGKILL where the sweep says so: nothing is flushed, closed or caught.
 * @param diesAtFirst the host dies at the n-th point that it passes at all, before anybody speaks to it.
 */
export function createCrashPoints(diesAtFirst: number | undefined): FaultPoints {
  const counts = new Map<string, number>()
  let passed: Passing[] = []
  let crashAt: Passing | undefined
  let delayMs = 0
  let left = diesAtFirst ?? 0

  process.on('message', (message) => {
    const command = Command.parse(message)
    if (command.is === 'watch') {
      counts.clear()
      passed = []
      ;({ crashAt, delayMs } = command)
      left = 0
    }
    process.send?.({ passed })
  })
  // The sweep has ended, in whatever way: so does its shop. Listening alone doesn't keep a host alive.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()

  return {
    armed: true,
    reach(point, subject = '') {
      const key = `${point} ${subject}`
      const nth = (counts.get(key) ?? 0) + 1
      counts.set(key, nth)
      passed.push({ point, subject, nth })
      if (left === 1) die()
      left--
      if (crashAt?.point !== point || crashAt.subject !== subject || crashAt.nth !== nth) return
      if (!IN_FLIGHT.test(point) || delayMs === 0) die()
      setTimeout(die, delayMs)
    },
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
