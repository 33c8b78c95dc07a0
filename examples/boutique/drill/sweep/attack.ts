import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Walk } from './acts.ts'
import { nameOf, type Passing } from './passing.ts'
import type { OrderPath } from './paths.ts'
import type { Scene, Victim } from './scene.ts'

/** One kill to come: who dies at which moment of which path. */
export interface Attack {
  readonly path: OrderPath
  readonly passing: Passing
  readonly victim: Victim
  /** For what has just been sent: how much later the kill of a host comes. */
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

export function describe({ path, passing, victim, again }: Attack): string {
  return `${path.name}: ${victim} at ${nameOf(passing)}${again === undefined ? '' : `, then the host at the ${again}. point of recovery`}`
}

/** Walks a path on which somebody dies, waits until all has come back, and compares. */
export async function attack(scene: Scene, plan: Attack): Promise<Outcome> {
  const walk = await scene.begin(plan.path)
  const { acting, killed } = await (plan.victim === 'host' ? hostDies : anotherDies)(scene, plan, walk)
  const died = performance.now()
  const killedAgain = killed && plan.victim === 'host' && (await recover(scene, plan.again))
  await acting
  const unfinished = await scene.quiet()
  const recoveryMs = performance.now() - died
  const end = await scene.endOf(plan.path, walk)
  const wrong = [
    ...unfinished.map((rest) => `still on its way after a minute: ${rest}`),
    ...(plan.path.ends.some((one) => isDeepStrictEqual(one, end))
      ? []
      : [`${walk.orderId} ended ${JSON.stringify(end)}, not ${JSON.stringify(plan.path.ends)}`]),
    ...(await scene.disagreements()),
  ]
  return { attack: plan, killed, killedAgain, recoveryMs, wrong }
}

interface Struck {
  /** What the people do goes on until they have their answers. */
  readonly acting: Promise<void>
  readonly killed: boolean
}

/** The host kills itself at the moment. */
async function hostDies(scene: Scene, { path, passing, delayMs }: Attack, walk: Walk): Promise<Struck> {
  await scene.tell({ is: 'watch', crashAt: passing, delayMs })
  const { host } = scene
  const acting = scene.act(path, walk)
  const passedBy = passesBy(scene, acting)
  const fell = await Promise.race([host.gone.then(() => true), passedBy.over.then(() => false)])
  passedBy.stop()
  return { acting, killed: fell || !(await disarmed(scene)) }
}

/** The host stands still at the moment while another one dies. */
async function anotherDies(scene: Scene, { path, passing, victim }: Attack, walk: Walk): Promise<Struck> {
  const held = scene.hold(passing)
  const acting = scene.act(path, walk)
  const passedBy = passesBy(scene, acting)
  const killed = await Promise.race([held, passedBy.over.then(() => false)])
  passedBy.stop()
  if (killed) await scene.kill(victim)
  else await disarmed(scene)
  return { acting, killed }
}

/** Waits for the end of everything, unless somebody dies before. */
function passesBy(scene: Scene, acting: Promise<void>) {
  // It is awaited later; until then a failure must not end the drill by itself.
  acting.catch(() => undefined)
  const stopped = new AbortController()
  const over = acting.then(() => scene.quiet(stopped.signal)).then(() => sleep(LAST_POINT_MS))
  over.catch(() => undefined)
  return { over, stop: () => stopped.abort() }
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
