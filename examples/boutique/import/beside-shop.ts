import { spawn } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, 'main.ts')

/**
 * Imports a trade file into a shop that has just opened its doors, in a process of its own: the shop serves meanwhile,
 * and what goes wrong with the import is said and touches nothing else. It ends with this process.
 * @param shop where it answers, and the data folder with its demonstration accounts.
 */
export function importBeside(
  path: string,
  shop: { readonly url: string; readonly dataFolder: string },
): void {
  const child = spawn(process.execPath, ['--conditions=archipel-source', MAIN, path, '--target', shop.url], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ARCHIPEL_DATA: shop.dataFolder },
  })
  child.once('error', (error) => console.error(`the import could not be started: ${error.message}`))
  child.once('exit', (code, signal) => {
    if (code !== 0)
      console.error(`the import ended with ${signal ?? code}; start it again with: npm run import -- ${path}`)
  })
  process.once('exit', () => child.kill('SIGKILL'))
}
