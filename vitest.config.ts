import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['archipel-source']
const ignored = ['**/node_modules/**', '**/dist/**', '**/.archipel/**']
/** Where the CI script wants the counts of the run. */
const report = process.env['ARCHIPEL_TEST_REPORT']

/** What both kinds of tests share: the framework's sources under its own name, one process per test file. */
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
}
const process24 = {
  pool: 'forks' as const,
  execArgv: ['--conditions=archipel-source'],
  // Many tests make things fail on purpose.
  env: { ARCHIPEL_TEST_LOG: 'silent' },
}

export default defineConfig({
  test: {
    // One PostgreSQL for the whole run; each test makes a database of its own in it.
    globalSetup: ['packages/archipel/src/testing/vitest-setup.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        ...shared,
        test: {
          ...process24,
          name: 'fast',
          include: ['**/*.test.ts'],
          exclude: [...ignored, '**/*.system.test.ts'],
          // Property tests take seconds where both cores are busy.
          testTimeout: 30_000,
          maxWorkers: Math.max(2, availableParallelism() - 1),
          // Not 0: with one worker Vitest puts that group last.
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Whole systems, with processes that are killed: two files at a time, so that no test starves the others.
        ...shared,
        test: {
          ...process24,
          name: 'system',
          include: ['**/*.system.test.ts'],
          exclude: ignored,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
