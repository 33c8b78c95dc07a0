import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** The first core serves, the second one loads it; on a machine with one core nothing is pinned. */
export const SERVER_CORE = 0
export const CLIENT_CORE = 1

const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** A command held to one core, where the system has `taskset`; else the command itself. */
export function pinned(core: number | undefined, command: readonly string[]): string[] {
  return core === undefined || !canPin ? [...command] : ['taskset', '-c', String(core), ...command]
}

/** What a figure means nothing without. */
export function machine(): string[] {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  return [
    `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${gibibytes} GiB of memory`,
    `${process.platform} ${process.arch}, Node ${process.versions.node}`,
    canPin
      ? 'servers and clients held to a core each by taskset'
      : 'nothing is held to a core (no taskset, or one core)',
  ]
}

/** Of other versions of the runtime the figures would say nothing about these peers. */
export function versionOf(name: string, from: string = import.meta.url): string {
  const found = findPackage(name, new URL('..', from))
  return found ? `${name} ${found}` : `${name} (not installed)`
}

function findPackage(name: string, folder: URL): string | undefined {
  for (let at = folder; ; at = new URL('..', at)) {
    try {
      const text = readFileSync(new URL(`node_modules/${name}/package.json`, at), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch {
      if (at.pathname === '/') return undefined
    }
  }
}
