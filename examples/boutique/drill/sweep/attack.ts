import { setTimeout as sleep } from 'node:timers/promises'
import { nameOf, type Passing } from './passing.ts'
import type { OrderPath } from './paths.ts'
import type { Scene } from './scene.ts'

/** One kill to come: at which moment of which path. */
export interface Attack {
  readonly path: OrderPath
  readonly passing: Passing
  /** For what has just been sent: how much later the kill comes. */
  readonly delayMs: number
  /** The host that recovers dies as well, at the n-th point that it passes; undefined: it lives. */
  readonly again: number | undefined
}

export interface Outcome {
  readonly attack: Attack
  /** Whether the moment came: what several orders share, such as a page of events, may have been passed less often this time. */
  readonly killed: boolean
  /** Whether the host that recovered was killed too. */
  readonly killedAgain: boolean
  /** From the death to the end of all that it left. */
  readonly recoveryMs: number
  readonly wrong: readonly string[]
}

/** How long after everything is quiet a last point may still be passed. */
const LAST_POINT_MS = 150

export function describe({ path, passing, again }: Attack): string {
  return `${path.name}: ${nameOf(passing)}${again === undefined ? '' : `, then at the ${again}. point of recovery`}`
}

/** Places an order, lets the host kill itself on its way, starts the next one, and compares. */
export async function attack(scene: Scene, plan: Attack): Promise<Outcome> {
  const { path, passing, delayMs } = plan
  await scene.tell({ is: 'watch', crashAt: passing, delayMs })
  const { host } = scene
  const placing = scene.place(path)
  // It is awaited below; until then a failure must not end the drill by itself.
  placing.catch(() => undefined)
  const over = new AbortController()
  const passedBy = placing.then(() => scene.quiet(over.signal)).then(() => sleep(LAST_POINT_MS))
  const fell = await Promise.race([host.gone.then(() => true), passedBy.then(() => false)])
  over.abort()
  const killed = fell || !(await disarmed(scene))
  const died = performance.now()
  const killedAgain = killed && (await recover(scene, plan.again))
  const order = await placing
  const unfinished = await scene.quiet()
  const recoveryMs = performance.now() - died
  const end = await scene.endOf(order)
  const wrong = [
    ...unfinished.map((rest) => `still on its way after a minute: ${rest}`),
    ...(JSON.stringify(end) === JSON.stringify(path.end)
      ? []
      : [`${order} ended ${JSON.stringify(end)}, not ${JSON.stringify(path.end)}`]),
    ...(await scene.disagreements()),
  ]
  return { attack: plan, killed, killedAgain, recoveryMs, wrong }
}

/** What was not passed must not be passed later, in the middle of a comparison. @returns false: it just was. */
function disarmed(scene: Scene): Promise<boolean> {
  return scene.tell({ is: 'watch', delayMs: 0 }).then(
    () => true,
    () => false,
  )
}

/** @returns whether the first host that tried was killed as well. */
async function recover(scene: Scene, again: number | undefined): Promise<boolean> {
  if (again === undefined) {
    await scene.restart()
    return false
  }
  const started = await scene.restart(again).then(
    () => true,
    () => false,
  )
  const over = new AbortController()
  const { gone } = scene.host
  const lives =
    started && (await Promise.race([gone.then(() => false), scene.quiet(over.signal).then(() => true)]))
  over.abort()
  if (lives) return false
  await gone
  await scene.restart()
  return true
}
