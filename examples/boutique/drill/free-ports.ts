import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Dice } from './random.ts'

/** The first of `count` ports in a row that nobody listens on: below those that systems give to outgoing connections. */
export async function freePorts(dice: Dice, count: number): Promise<number> {
  for (;;) {
    const first = dice.between(20_000, 32_000)
    const free = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)))
    if (free.every(Boolean)) return first
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
