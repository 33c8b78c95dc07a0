import { join } from 'node:path'
import { systemFiles } from '../../environment/index.ts'
import { isArchipelError, type JsonObject } from '../../errors/index.ts'
import { objectsOf, type DoorClient } from '../door/client.ts'
import { cellText } from '../show/table.ts'
import { fault, messageOf, ok, warning, type Finding } from './checks.ts'
import { checkRunningDatabase } from './database.ts'

const CHECK = 'application'

/** What the running application says of itself. */
export async function checkRunning(door: DoorClient): Promise<Finding[]> {
  const health = await door.get('/health')
  const waiting = objectsOf(health['components']).filter(({ ready }) => ready !== true)
  const about = `host ${cellText(health['host'])}, ${cellText(health['state'])} for ${cellText(health['upSeconds'])} s`
  const names = waiting.map(({ name }) => cellText(name)).join(', ')
  return [
    waiting.length === 0
      ? ok(CHECK, about)
      : fault(CHECK, `${about}; not ready: ${names}`, 'Read its log: what is not ready says why.'),
    ...checkRunningDatabase(await door.get('/database')),
    ...(await checkWork(door)),
  ]
}

/** What waits for a person. */
async function checkWork(door: DoorClient): Promise<Finding[]> {
  const [letters, stuck, unknown, delivery] = await Promise.all([
    door.list('/dead-letters', {}, 100),
    door.get('/stuck'),
    door.get('/unknown-outcomes'),
    door.get('/delivery'),
  ])
  const drifting = objectsOf(delivery['items']).filter(({ drift }) => drift !== 0)
  const found = [
    ...some('dead letters', letters, 'archipel dead-letters list; then replay or discard.'),
    ...some(
      'stuck sagas',
      objectsOf(stuck['items']),
      'archipel saga list --status stuck; then retry or compensate.',
    ),
    ...some(
      'unknown outcomes',
      objectsOf(unknown['items']),
      'archipel outcomes list; look at the other side; then resolve or send-again.',
    ),
    ...(drifting.length > 0
      ? [
          fault(
            'delivery',
            `${drifting.length} subscriptions drift`,
            'archipel delivery --recount; keep the data folder.',
          ),
        ]
      : []),
  ]
  return found.length > 0 ? found : [ok('work', 'nothing waits for a person')]
}

function some(check: string, items: readonly JsonObject[], advice: string): Finding[] {
  return items.length === 0
    ? []
    : [warning(check, `${items.length}${items.length >= 100 ? ' or more' : ''}`, advice)]
}

/** Nobody answers: whether somebody should, or has left something behind. */
export async function checkLeftovers(folder: string): Promise<Finding[]> {
  const hosts = join(folder, 'hosts')
  const files = (await systemFiles.exists(hosts)) ? await systemFiles.list(hosts) : []
  const findings: Finding[] = []
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    findings.push(...(await checkHost(join(hosts, file))))
  }
  return findings
}

async function checkHost(path: string): Promise<Finding[]> {
  const {
    host,
    process: id,
    since,
  }: Record<string, unknown> = await systemFiles.read(path).then(JSON.parse, () => ({}))
  if (typeof id !== 'number') return []
  const name = `host '${String(host)}' (process ${id}, since ${String(since)})`
  return isAlive(id)
    ? [
        warning(
          CHECK,
          `${name} runs, but nobody answers at its operations door`,
          'It may still be starting; else read its log.',
        ),
      ]
    : [
        warning(
          'leftovers',
          `${name} ended without cleaning up`,
          'Nothing: the next start takes up all of its work.',
        ),
      ]
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Why the door was not opened, where that is a fault: nothing running is none. */
export function checkDoor(error: unknown): Finding[] {
  if (isArchipelError(error) && error.code === 'ARC_NOT_RUNNING') return [ok(CHECK, 'not running')]
  return [fault(CHECK, messageOf(error), 'Run doctor as the user that the application runs as.')]
}
