import type { FaultPoints } from 'archipel'
import { Command, type Answer, type Passing } from './passing.ts'

/** At these something has just been sent and not been answered: the kill may come a little later, in the middle of it. */
const IN_FLIGHT = /sent$/

/**
 * Crash points of a host that kills itself by SIGKILL where the sweep says so: nothing is flushed, closed or caught.
 * Where somebody else is to die it stands still meanwhile.
 * @param diesAtFirst the host dies at the n-th point that it passes at all, before anybody speaks to it.
 */
export function createCrashPoints(diesAtFirst: number | undefined): FaultPoints {
  const counts = new Map<string, number>()
  let passed: Passing[] = []
  let crashAt: Passing | undefined
  let holdAt: Passing | undefined
  let goOn = () => {}
  let delayMs = 0
  let left = diesAtFirst ?? 0

  function begin(): void {
    goOn()
    counts.clear()
    passed = []
    ;[crashAt, holdAt, left] = [undefined, undefined, 0]
  }
  const answer = (holds: boolean) => process.send?.({ passed, holds } satisfies Answer)

  process.on('message', (message) => {
    const command = Command.parse(message)
    if (command.is === 'go') goOn()
    if (command.is === 'watch' || command.is === 'hold') begin()
    if (command.is === 'watch') ({ crashAt, delayMs } = command)
    if (command.is === 'hold') holdAt = command.at
    else answer(false)
  })
  // The sweep has ended, in whatever way: so does its shop. Listening alone doesn't keep a host alive.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()

  return {
    armed: true,
    async reach(point, subject = '') {
      const key = `${point} ${subject}`
      const nth = (counts.get(key) ?? 0) + 1
      counts.set(key, nth)
      const passing = { point, subject, nth }
      passed.push(passing)
      if (left === 1) die()
      left--
      if (isSame(crashAt, passing)) {
        if (!IN_FLIGHT.test(point) || delayMs === 0) die()
        setTimeout(die, delayMs)
      }
      if (!isSame(holdAt, passing)) return
      const going = new Promise<void>((resolve) => (goOn = resolve))
      answer(true)
      await going
    },
  }
}

function isSame(one: Passing | undefined, { point, subject, nth }: Passing): boolean {
  return one?.point === point && one.subject === subject && one.nth === nth
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
