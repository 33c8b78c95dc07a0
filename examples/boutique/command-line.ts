import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'

const USAGE = `npm start [-- --with-trade FILE]

  --with-trade FILE  imports a trade file as soon as the shop is open; see npm run import -- --help`
/** Wrong usage, by sysexits.h as everywhere in Archipel. */
const EXIT_USAGE = 64

/** What the shop is started with. Says what is wrong and ends the process otherwise. */
export function readCommandLine(args: readonly string[]): { readonly tradeFile: string | undefined } {
  try {
    const { values } = parseArgs({ args: [...args], options: { 'with-trade': { type: 'string' } } })
    const tradeFile = values['with-trade']
    if (tradeFile !== undefined && !existsSync(tradeFile)) throw new Error(`there is no file ${tradeFile}`)
    return { tradeFile }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(EXIT_USAGE)
  }
}
