import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Shop } from './shop.ts'

const run = promisify(execFile)
const COMMAND = fileURLToPath(new URL('../../../../packages/archipel/bin/archipel.mjs', import.meta.url))

/** `npx archipel …` on the shop. @returns what it prints. @throws with its exit code as `code` */
export async function archipel(shop: Shop, ...words: string[]): Promise<string> {
  const args = [COMMAND, '--data', shop.dataFolder, ...words]
  return (await run(process.execPath, args, { maxBuffer: 10_000_000 })).stdout
}
