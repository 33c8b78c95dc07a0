import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseModule, readModules } from './house-rules/modules.ts'
import { unreached, violations } from './house-rules/rules.ts'

const root = join(import.meta.dirname, '..')
const SRC = 'packages/archipel/src'

function broken(files: Record<string, string>): string[] {
  const modules = Object.entries(files).map(([path, source]) => parseModule(path, source))
  return violations(modules, new Set(['archipel', 'archipel/testing']))
}

describe('the order of rooms', () => {
  test('accepts an arrow down, through the door of the room', () => {
    expect(broken({ [`${SRC}/saga/a.ts`]: "import { x } from '../storage/index.ts'" })).toEqual([])
  })

  test('refuses an arrow up, also one of types only', () => {
    for (const kind of ['import', 'import type', 'export', 'export type']) {
      const source = `${kind} { X } from '../saga/index.ts'`
      expect(broken({ [`${SRC}/storage/a.ts`]: source })).toEqual([
        `${SRC}/storage/a.ts:1 arrow up: storage imports saga`,
      ])
    }
    expect(broken({ [`${SRC}/storage/a.ts`]: "type X = import('../saga/index.ts').X" })).toHaveLength(1)
    expect(broken({ [`${SRC}/storage/a.ts`]: "await import('../saga/index.ts')" })).toHaveLength(1)
  })

  test('refuses a way into a room beside its door', () => {
    expect(broken({ [`${SRC}/saga/machine/a.ts`]: "import { x } from '../../storage/sql/sql.ts'" })).toEqual([
      `${SRC}/saga/machine/a.ts:1 reaches into a room: ${SRC}/storage/sql/sql.ts`,
    ])
  })

  test('lets a test of any room use the harness, and only a test', () => {
    const source = "import { x } from '../testing/virtual-time.ts'"
    expect(broken({ [`${SRC}/saga/a.test.ts`]: source })).toEqual([])
    expect(broken({ [`${SRC}/saga/a.ts`]: source })).toHaveLength(1)
  })

  test('refuses a folder that is no room, and an example inside the framework', () => {
    expect(broken({ [`${SRC}/helpers/a.ts`]: "import { x } from '../errors/index.ts'" })).toHaveLength(1)
    expect(
      broken({ [`${SRC}/cli/a.ts`]: "import { x } from '../../../../examples/boutique/shared.ts'" }),
    ).toHaveLength(1)
    expect(broken({ [`${SRC}/cli/a.ts`]: "import { x } from 'archipel'" })).toHaveLength(1)
  })
})

test('an example imports what users can import, and its own files', () => {
  const inExample = (specifier: string) =>
    broken({ 'examples/boutique/orders/a.ts': `import { x } from '${specifier}'` })
  for (const allowed of ['archipel', 'archipel/testing', 'node:http', 'zod', '../shared.ts']) {
    expect(inExample(allowed)).toEqual([])
  }
  for (const refused of [
    'archipel/storage',
    '../../../packages/archipel/src/index.ts',
    '../../assurance/a.ts',
  ]) {
    expect(inExample(refused)).toHaveLength(1)
  }
})

describe('a circle of files', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `${SRC}/saga/${name}.ts`)

  test.each(['import { a }', 'import type { a }', 'import { type a }', 'export { a }', 'export type { a }'])(
    'is refused when `%s` closes it',
    (statement) => {
      const files = { [`${a}`]: "import { b } from './b.ts'", [`${b}`]: `${statement} from './a.ts'` }
      expect(broken(files)).toEqual([`circle: ${a} → ${b} → ${a}`])
    },
  )

  test('is refused when a type named in its place closes it', () => {
    const files = { [`${a}`]: "import { b } from './b.ts'", [`${b}`]: "type A = import('./a.ts').A" }
    expect(broken(files)).toEqual([`circle: ${a} → ${b} → ${a}`])
  })

  test('is refused over any number of files, and whatever leads to it', () => {
    const files = {
      [`${SRC}/saga/0.ts`]: "import { c } from './c.ts'",
      [`${a}`]: "import type { B } from './b.ts'",
      [`${b}`]: "import type { C } from './c.ts'",
      [`${c}`]: "import type { A } from './a.ts'",
    }
    expect(broken(files)).toEqual([`circle: ${c} → ${a} → ${b} → ${c}`])
  })

  test('is not one where two files import the same third', () => {
    const files = {
      [`${a}`]: "import { b } from './b.ts'\nimport { c } from './c.ts'",
      [`${b}`]: "import { c } from './c.ts'",
      [`${c}`]: '',
    }
    expect(broken(files)).toEqual([])
  })
})

test('a file of the framework that no door leads to is found; fixtures are not published', () => {
  const modules = Object.entries({
    [`${SRC}/index.ts`]: "export { a } from './saga/index.ts'",
    [`${SRC}/saga/index.ts`]: "export { a } from './a.ts'",
    [`${SRC}/saga/a.ts`]: "import type { B } from './b.ts'",
    [`${SRC}/saga/b.ts`]: '',
    [`${SRC}/saga/suite.ts`]: "import { a } from './a.ts'",
    [`${SRC}/saga/suite.fixture.ts`]: "import { a } from './suite.ts'",
    [`${SRC}/saga/a.test.ts`]: "import './suite.fixture.ts'",
    'tools/a.ts': '',
  }).map(([path, source]) => parseModule(path, source))
  expect(unreached(modules, [`${SRC}/index.ts`])).toEqual([
    `${SRC}/saga/suite.ts is published, and no door leads to it`,
  ])
})

test('export * is refused everywhere', () => {
  expect(broken({ 'tools/a.ts': "export * from './b.ts'" })).toHaveLength(1)
  expect(broken({ 'tools/a.ts': "export * as b from './b.ts'" })).toHaveLength(1)
})

test('the present moment comes from the clock; a given one is only a value', () => {
  const file = `${SRC}/saga/a.ts`
  expect(broken({ [file]: 'export const now = new Date()' })).toHaveLength(1)
  expect(broken({ [file]: 'export const then = (at: number) => new Date(at)' })).toEqual([])
  expect(broken({ [`${SRC}/environment/clock.ts`]: 'export const now = new Date()' })).toEqual([])
})

describe('the linter, with the configuration of this repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'archipel-rules-'))
  // The patterns of an override start at the folder of the configuration.
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Answers the linter's findings, by file. */
  function lint(files: Record<string, string>): Record<string, string[]> {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), source)
    }
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const paths = Object.keys(files)
    const { stdout } = spawnSync(process.execPath, [oxlint, '-f', 'unix', ...paths], {
      cwd: folder,
      encoding: 'utf8',
    })
    const lines = stdout.split('\n')
    return Object.fromEntries(
      paths.map((path) => [path, lines.filter((line) => line.startsWith(`${path}:`))]),
    )
  }

  const IMPURE = {
    'Date.now': 'export const now = () => Date.now()',
    'Math.random': 'export const random = () => Math.random()',
    setTimeout: 'export const timer = () => setTimeout(() => {}, 1)',
    setImmediate: 'export const timer = () => setImmediate(() => {})',
    performance: 'export const now = () => performance.now()',
    hrtime: 'export const now = () => process.hrtime.bigint()',
    randomUUID: 'export const id = () => crypto.randomUUID()',
    'randomUUID by import': "import { randomUUID } from 'node:crypto'\nexport const id = () => randomUUID()",
    fetch: "export const get = () => fetch('http://localhost')",
    'node:fs': "import { readFileSync } from 'node:fs'\nexport const read = () => readFileSync('a')",
    'node:timers':
      "import { setTimeout as sleep } from 'node:timers/promises'\nexport const wait = () => sleep(1)",
  }

  const impureIn = (place: string) =>
    Object.fromEntries(
      Object.entries(IMPURE).map(([name, source]) => [
        `${SRC}/${place.replace('*', name.replaceAll(/\W/g, '-'))}`,
        source,
      ]),
    )

  test('refuses each of them in a room', () => {
    const findings = lint(impureIn('saga/*.ts'))
    expect(Object.keys(findings)).toHaveLength(Object.keys(IMPURE).length)
    for (const [path, found] of Object.entries(findings)) {
      expect([path, found.join()]).toEqual([path, expect.stringContaining('restricted')])
    }
  })

  test('allows them in the environment, in the harness and in tests', () => {
    const findings = lint({
      ...impureIn('environment/*.ts'),
      ...impureIn('testing/*.ts'),
      ...impureIn('saga/*.test.ts'),
      ...impureIn('saga/*.fixture.ts'),
    })
    expect(Object.values(findings).flat()).toEqual([])
  })

  test('refuses a default export, but in the configuration of a tool', () => {
    const findings = lint({
      [`${SRC}/saga/a.ts`]: 'export default 1',
      'vitest.config.ts': 'export default 1',
    })
    expect(Object.values(findings)).toEqual([[expect.stringContaining('no-default-export')], []])
  })
})

test('the whole repository is seen', () => {
  const modules = readModules(root)
  const rooms = new Set(
    modules.flatMap(({ path }) => /^packages\/archipel\/src\/([^/]+)\//.exec(path)?.[1] ?? []),
  )
  expect(modules.length).toBeGreaterThan(150)
  expect(rooms.size).toBeGreaterThan(8)
  expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(300)
  expect(modules.flatMap(({ functions }) => functions).length).toBeGreaterThan(300)
})
