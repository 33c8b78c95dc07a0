import { readdir, readFile } from 'node:fs/promises'

/** What the system knows about one process, from /proc; elsewhere than on Linux nothing is known. */
interface ProcessFacts {
  readonly id: number
  readonly parent: number
  /** Processor time so far, in milliseconds. */
  readonly ownMs: number
  /** That of children which have ended and were waited for. */
  readonly endedChildrenMs: number
}

/** The kernel counts in ticks, a hundred a second on every system that Node runs on. */
const MS_PER_TICK = 10

async function facts(id: number): Promise<ProcessFacts | undefined> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // The name stands in brackets and may hold anything; behind it come state and parent, fields 3 and 4.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (number: number) => Number(fields[number - 3]) * MS_PER_TICK
  return {
    id,
    parent: Number(fields[1]),
    ownMs: ticks(14) + ticks(15),
    endedChildrenMs: ticks(16) + ticks(17),
  }
}

/** A process and everything that it started, as far as it lives. */
export async function family(root: number): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => facts(Number(name))))
  const members = [root]
  for (const id of members) {
    for (const one of all) if (one?.parent === id) members.push(one.id)
  }
  return members
}

/** Processor time of one process. */
export async function processorMs(id: number): Promise<number> {
  return (await facts(id))?.ownMs ?? 0
}

/** Processor time of a server and of its backends, those that ended included. */
export async function familyProcessorMs(root: number): Promise<number> {
  const all = await Promise.all((await family(root)).map(facts))
  return all.reduce((sum, one) => sum + (one === undefined ? 0 : one.ownMs + one.endedChildrenMs), 0)
}

/** Memory of a family in MiB, shared pages counted once (PSS). @returns undefined where the system doesn't tell. */
export async function familyMemory(root: number): Promise<number | undefined> {
  const sizes = await Promise.all((await family(root)).map(memory))
  const known = sizes.filter((size) => size !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0)
}

async function memory(id: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '')
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(text)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024
}

export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch {
    return false
  }
}
