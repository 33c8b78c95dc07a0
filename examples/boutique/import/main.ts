import { EXIT, ImportFailure } from './import-failure.ts'
import { readCommandLine, USAGE } from './options.ts'
import { createProgress } from './progress.ts'
import { TradeFileError } from './reading/trade-file-error.ts'
import { reportText } from './report.ts'
import { runImport } from './run-import.ts'

/** @returns the exit code. */
async function main(): Promise<number> {
  const options = await readCommandLine(process.argv.slice(2), process.env)
  if (!options) {
    console.log(USAGE)
    return 0
  }
  const report = await runImport(options, createProgress(process.stderr))
  console.log(options.json ? JSON.stringify(report) : reportText(report))
  return report.agrees ? 0 : EXIT.differs
}

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof TradeFileError || error instanceof ImportFailure) console.error(error.message)
  else console.error(error)
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ImportFailure) return error.exitCode
  return error instanceof TradeFileError ? EXIT.brokenFile : EXIT.bug
}
