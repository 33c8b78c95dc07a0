const left = new Map<number, NodeJS.Signals>()

process.on('exit', () => {
  for (const [id, signal] of left) endQuietly(id, signal)
})
// Without a listener these would end the runner on the spot and leave what it started.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Sees to it that a process which doesn't watch us ends with us, however that happens. @returns how to forget it. */
export function endAtExit(id: number, signal: NodeJS.Signals): () => void {
  // 0 would be our own process group.
  if (id > 0) left.set(id, signal)
  return () => void left.delete(id)
}

function endQuietly(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch {
    // It has ended already.
  }
}
