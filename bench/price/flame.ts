import { isOurs, roomOf, type Frame } from './rooms.ts'

/** What a processor profile of V8 has. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: Frame
    readonly hitCount?: number
    readonly children?: readonly number[]
  }[]
  readonly startTime: number
  readonly endTime: number
}

/** A function with what it calls: how often a sample found it or what it called. */
interface Flame {
  readonly name: string
  readonly room: string
  own: number
  total: number
  readonly below: Map<string, Flame>
}

/** Sums of samples by room. */
export interface Shares {
  /** In the room's own code. */
  readonly own: ReadonlyMap<string, number>
  /** In what it calls of libraries and of the runtime as well. */
  readonly all: ReadonlyMap<string, number>
}

/** The samples of a profile in which the process was not idle, by room. */
export function sharesOf(profile: Profile): Shares {
  const own = new Map<string, number>()
  const all = new Map<string, number>()
  const add = (sums: Map<string, number>, room: string, hits: number) =>
    sums.set(room, (sums.get(room) ?? 0) + hits)
  walk(profile, (frame, hits, callers) => {
    const room = roomOf(frame)
    if (room === 'idle') return
    add(own, room, hits)
    const ours = [...callers.map(roomOf), room].findLast(isOurs)
    add(all, ours ?? room, hits)
  })
  return { own, all }
}

function walk(
  { nodes }: Profile,
  visit: (frame: Frame, hits: number, callers: readonly Frame[]) => void,
): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const [root] = nodes
  const open = root === undefined ? [] : [{ node: root, callers: [] as readonly Frame[] }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next
    visit(node.callFrame, node.hitCount ?? 0, callers)
    const deeper = [...callers, node.callFrame]
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child !== undefined) open.push({ node: child, callers: deeper })
    }
  }
}

const WIDTH = 1_600
const ROW = 15
const HEAD = 40
/** Narrower ones can't be seen. */
const NARROWEST = 0.8
const DEEPEST = 48

/** A flame graph that any browser shows: width is processor time, colour is the room; a function's name and share appear under the pointer. */
export function flameGraph(profile: Profile, title: string): string {
  const root = flamesOf(profile)
  const scale = WIDTH / Math.max(1, root.total)
  const boxes: string[] = []
  let depth = 0
  function draw(flame: Flame, x: number, level: number): void {
    const width = flame.total * scale
    if (width < NARROWEST || level > DEEPEST) return
    depth = Math.max(depth, level)
    boxes.push(box(flame, x, level, width, root.total))
    let at = x
    for (const below of [...flame.below.values()].toSorted((one, other) => other.total - one.total)) {
      draw(below, at, level + 1)
      at += below.total * scale
    }
  }
  draw(root, 0, 0)
  const height = HEAD + (depth + 2) * ROW
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="10">`,
    `<rect width="100%" height="100%" fill="white"/><text x="8" y="18" font-size="14">${escaped(title)}</text>`,
    ...boxes,
    '</svg>\n',
  ].join('\n')
}

function flamesOf(profile: Profile): Flame {
  const root: Flame = { name: 'all', room: 'all', own: 0, total: 0, below: new Map() }
  walk(profile, (frame, hits, callers) => {
    if (hits === 0 || roomOf(frame) === 'idle') return
    root.total += hits
    let at = root
    for (const each of [...callers.slice(1), frame]) {
      const name = nameOf(each)
      const known = at.below.get(name)
      const below = known ?? { name, room: roomOf(each), own: 0, total: 0, below: new Map() }
      if (known === undefined) at.below.set(name, below)
      below.total += hits
      at = below
    }
    at.own += hits
  })
  return root
}

function nameOf({ functionName, url }: Frame): string {
  const file = url.split('/').at(-1) ?? ''
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}`}`
}

function box({ name, room, total }: Flame, x: number, level: number, width: number, all: number): string {
  const y = HEAD + level * ROW
  const share = ((100 * total) / all).toFixed(1)
  const letters = Math.floor(width / 5.6)
  const label =
    letters < 4
      ? ''
      : `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escaped(name.slice(0, letters))}</text>`
  return `<g><title>${escaped(`${name} – ${room}, ${share} %`)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(room)}"/>${label}</g>`
}

/** The same colour for a room in every graph; what isn't ours is grey. */
function colourOf(room: string): string {
  if (!isOurs(room)) return room === 'all' ? '#ddd' : '#ccc'
  let hash = 0
  for (const letter of room) hash = (hash * 31 + letter.charCodeAt(0)) % 360
  return `hsl(${hash} 65% 75%)`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
