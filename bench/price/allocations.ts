import { isOurs, roomOf, type Frame } from './rooms.ts'

/** What a sampling profile of V8's heap has. */
export interface Sampling {
  readonly head: SamplingNode
}
interface SamplingNode {
  readonly callFrame: Frame
  readonly selfSize: number
  readonly children: readonly SamplingNode[]
}

/** Bytes allocated for one time, by the room whose code asked for them, itself or through a library. */
export function bytesOf({ head }: Sampling, times: number): Map<string, number> {
  const sums = new Map<string, number>()
  const open = [{ node: head, ours: undefined as string | undefined }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node } = next
    const room = roomOf(node.callFrame)
    const ours = isOurs(room) ? room : next.ours
    const whose = ours ?? room
    sums.set(whose, (sums.get(whose) ?? 0) + node.selfSize / times)
    for (const child of node.children) open.push({ node: child, ours })
  }
  return sums
}
