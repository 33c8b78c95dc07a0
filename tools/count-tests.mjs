// `node tools/count-tests.mjs REPORT [FAILED-STAGE…]`: the closing line of the CI script, from Vitest's JSON report.
// Fails when a test failed, a stage failed, or no test ran at all.
import { existsSync, readFileSync } from 'node:fs'

const [report, ...failedStages] = process.argv.slice(2)
const {
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
} = existsSync(report)
  ? JSON.parse(readFileSync(report, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }

// The stage of the tests is counted by its tests, unless it broke without a failed one (a file that doesn't load).
const others = failedStages.filter((stage) => stage !== 'tests' || failed === 0)
const failures = failed + others.length
if (failedStages.length > 0) console.log(`failed: ${failedStages.join(', ')}`)
if (passed === 0) console.log('no test passed')
console.log(`${passed} passed, ${failures} failed, ${skipped} skipped`)
if (failures > 0 || passed === 0) process.exitCode = 1
